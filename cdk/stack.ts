import type * as lambda from 'aws-cdk-lib/aws-lambda'
import {
  CfnOutput,
  CliCredentialsStackSynthesizer,
  DefaultStackSynthesizer,
  Duration,
  type IStackSynthesizer,
  Stack,
  Tags,
} from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { MillraceError } from '#models/errors.ts'
import { topicName, topicSuffixes } from '#models/topics.ts'
import { CreatedCluster } from './created-cluster.ts'
import { useCluster } from './existing-cluster.ts'
import { KafkaStep, type Polling } from './kafka-step.ts'
import { ScheduledStep } from './scheduled-step.ts'
import type { Settings } from './settings.ts'
import { kafkaSteps, scheduledSteps, toId } from './steps.ts'
import { Stores } from './stores.ts'

/** The part of a pipeline that decides where it runs. */
export interface Deployable {
  readonly name: string
  readonly retrain: { readonly everyMs: number }
}

export interface MillraceStackProps {
  readonly pipeline: Deployable
  readonly settings: Settings
  /** The bundled code of a step, with `index.handler`. */
  readonly codeOf: (step: string) => lambda.Code
}

/** One pipeline: its brokers, its stores, its steps in the data's order, its clock. */
export class MillraceStack extends Stack {
  constructor(scope: Construct, { pipeline, settings, codeOf }: MillraceStackProps) {
    super(scope, `Millrace-${pipeline.name}`, {
      description: `Millrace pipeline ${pipeline.name}`,
      synthesizer: makeSynthesizer(settings.assetBucket),
    })
    Tags.of(this).add('pipeline', pipeline.name)

    const { clusterArn, architecture } = settings
    const cluster = clusterArn === undefined ? new CreatedCluster(this, 'Cluster', pipeline.name) : useCluster(this, clusterArn, settings)
    const stores = new Stores(this, 'Stores')
    const context = { pipeline: pipeline.name, cluster, stores, architecture, codeOf }
    const polling: Polling = {
      provisioned: { minCount: 1, maxCount: settings.maxPollers, group: this.stackName }, // one group: all topics share the poller units paid for
      partialFailures: true,
    }
    for (const step of kafkaSteps) new KafkaStep(this, toId(step.name), step, context, polling)
    const retrainEvery = settings.retrainEvery ?? toRate(pipeline.retrain.everyMs)
    for (const step of scheduledSteps) {
      const every = step.everyMinutes === undefined ? retrainEvery : Duration.minutes(step.everyMinutes)
      new ScheduledStep(this, toId(step.name), step, context, every)
    }

    new CfnOutput(this, 'ClusterArn', { value: cluster.arn })
    new CfnOutput(this, 'Topics', { value: topicSuffixes.map(suffix => topicName(pipeline.name, suffix)).join(',') })
  }
}

/** The CDK's usual way through a bootstrapped account, or straight into one bucket with the credentials at hand. */
function makeSynthesizer(assetBucket: string | undefined): IStackSynthesizer {
  const synthesizer =
    assetBucket === undefined ? new DefaultStackSynthesizer() : new CliCredentialsStackSynthesizer({ fileAssetsBucketName: assetBucket })
  return synthesizer as IStackSynthesizer // the CDK's own types do not hold under exactOptionalPropertyTypes
}

function toRate(everyMs: number): Duration {
  if (Number.isInteger(everyMs / 60_000) && everyMs > 0) return Duration.minutes(everyMs / 60_000)
  throw new MillraceError(
    'SETTING_INVALID',
    `retrain.everyMs must be whole minutes, got ${everyMs}; change it in the definition or give retrainEvery`,
  )
}
