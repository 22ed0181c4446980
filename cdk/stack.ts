import type * as lambda from 'aws-cdk-lib/aws-lambda'
import {
  CfnCondition,
  CfnOutput,
  type CfnResource,
  CliCredentialsStackSynthesizer,
  DefaultStackSynthesizer,
  Fn,
  type IStackSynthesizer,
  Stack,
  Tags,
} from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { type Topology, topicsOf } from '#models/topics.ts'
import { Alarms } from './alarms.ts'
import { ArchiveTables, type FeatureColumn } from './archive-tables.ts'
import type { Cluster } from './cluster.ts'
import { watchBrokers, watchGroups } from './cluster-alarms.ts'
import { ClusterTopics } from './cluster-topics.ts'
import { StackDashboard } from './dashboard.ts'
import { useCluster } from './existing-cluster.ts'
import { HttpStep } from './http-step.ts'
import { KafkaStep } from './kafka-step.ts'
import { batchMetrics } from './metrics.ts'
import { type Polling, toPolling } from './polling.ts'
import { ProvisionedCluster } from './provisioned-cluster.ts'
import { ScheduledStep, toTurn } from './scheduled-step.ts'
import { ServerlessCluster } from './serverless-cluster.ts'
import type { Settings } from './setting-table.ts'
import { toHttpAuth } from './settings.ts'
import { SparkEngine } from './spark-engine.ts'
import type { StepContext } from './step-function.ts'
import { httpSteps, kafkaSteps, readsOf, scheduledSteps, toId } from './steps.ts'
import { Stores } from './stores.ts'

/** The part of a pipeline that decides where it runs. */
export interface Deployable extends Topology {
  readonly features: readonly FeatureColumn[]
  readonly retrain: { readonly everyMs: number; readonly engine?: 'lambda' | 'spark' }
}

export interface MillraceStackProps {
  readonly pipeline: Deployable
  readonly settings: Settings
  /** The bundled code of a step, with `index.handler`. */
  readonly codeOf: (step: string) => lambda.Code
}

/** One pipeline: its brokers, its stores, its steps in the data's order, its clocks, and what watches them. */
export class MillraceStack extends Stack {
  constructor(scope: Construct, { pipeline, settings, codeOf }: MillraceStackProps) {
    super(scope, `Millrace-${pipeline.name}`, {
      description: `Millrace pipeline ${pipeline.name}`,
      synthesizer: makeSynthesizer(settings.assetBucket),
    })
    Tags.of(this).add('pipeline', pipeline.name)

    const topics = topicsOf(pipeline)
    const stores = new Stores(this, 'Stores', { ...settings, pipeline: pipeline.name })
    const cluster = openCluster(this, settings, stores)
    if (settings.queries === 'on') {
      new ArchiveTables(this, 'Archived', { pipeline: pipeline.name, topics, features: pipeline.features, stores, settings })
    }
    const context: StepContext = { pipeline: pipeline.name, topics, settings, cluster, stores, codeOf }
    const made = settings.topics === 'make' ? [new ClusterTopics(this, 'ClusterTopics', context, settings)] : []

    const auth = toHttpAuth(settings)
    const collecting = auth === undefined ? [] : httpSteps.map(row => new HttpStep(this, toId(row.name), row, context, { auth, settings }))
    const polling = toPolling(settings, this.stackName) // one poller group: all topics share the units that are paid for
    const running = kafkaSteps.filter(row => readsOf(row, topics).length > 0)
    const streaming = running.map(row => new KafkaStep(this, toId(row.name), row, context, polling, made))
    if (settings.kafkaBrokers !== undefined) leaveOutMappings(this, streaming)
    const scheduled = scheduledSteps
      .map(row => (row.everyMinutes === undefined ? { ...row, timeoutSec: settings.retrainTimeoutSec } : row))
      .map(row => new ScheduledStep(this, toId(row.name), row, context, toTurn(row, pipeline, settings)))
    const writers = [...streaming, ...scheduled].filter(({ row }) => row.uses.MODEL_BUCKET?.includes('s3:PutObject'))
    const retrain = scheduled.find(({ row }) => row.name === 'retrain')!
    const engines = pipeline.retrain.engine === 'spark' ? [new SparkEngine(this, 'Spark', retrain, { ...context, settings })] : []
    const writerRoles = [...writers.map(({ step }) => step.role), ...engines.map(({ jobRole }) => jobRole)]
    stores.lockModels([...writerRoles.map(({ roleArn }) => roleArn), ...settings.modelOperators])
    if (settings.alarms === 'on') watch(this, context, { settings, polling, collecting, streaming, scheduled })

    new CfnOutput(this, 'ClusterArn', { value: cluster.arn })
    new CfnOutput(this, 'Topics', { value: topics.map(({ name }) => name).join(',') })
  }
}

function openCluster(scope: Construct, settings: Settings, stores: Stores): Cluster {
  const { cluster } = settings
  switch (cluster.kind) {
    case 'provisioned':
      return new ProvisionedCluster(scope, 'Cluster', settings, stores)
    case 'serverless':
      return new ServerlessCluster(scope, 'Cluster', settings, stores)
    case 'existing':
      return useCluster(new Construct(scope, 'Cluster'), cluster.arn, settings)
    default:
      return cluster satisfies never
  }
}

/** Keeps the mappings in the template, where the local event source reads them, and out of the stack: the emulator would refuse them. */
function leaveOutMappings(stack: Stack, streaming: readonly KafkaStep[]): void {
  const never = new CfnCondition(stack, 'KnowsKafka', { expression: Fn.conditionEquals('yes', 'no') })
  for (const { mapping } of streaming.flatMap(({ reads }) => reads)) (mapping.node.defaultChild as CfnResource).cfnOptions.condition = never
}

interface Watched {
  readonly settings: Settings
  readonly polling: Polling
  readonly collecting: readonly HttpStep[]
  readonly streaming: readonly KafkaStep[]
  readonly scheduled: readonly ScheduledStep[]
}

/** Alarms and dashboard, in the data's order. */
function watch(stack: Stack, { pipeline, stores, cluster }: StepContext, watched: Watched): void {
  const { settings, polling, collecting, streaming, scheduled } = watched
  const alarms = new Alarms(stack, 'Alarms', stores.alarms, settings)
  const metrics = streaming.map(({ row }) => batchMetrics(row, pipeline))
  if (cluster instanceof ProvisionedCluster) {
    const made = { clusterName: cluster.clusterName, cluster }
    watchBrokers(alarms, made, settings)
    for (const step of streaming) watchGroups(alarms, made, step, settings)
  } else {
    for (const step of streaming) alarms.watchLag(step)
  }
  for (const step of collecting) alarms.watchHttpStep(step)
  for (const [at, step] of streaming.entries()) alarms.watchKafkaStep(step, metrics[at])
  alarms.watchFaultCounts([...streaming, ...scheduled], pipeline)
  if (polling.keepsFailures) alarms.watchFailures(streaming)
  for (const step of scheduled) alarms.watchScheduledStep(step)
  alarms.watchCost([...collecting, ...streaming, ...scheduled])
  const board = new StackDashboard(stack, 'Dashboard', alarms.all)
  for (const step of collecting) board.addHttpStep(step)
  for (const [at, step] of streaming.entries()) board.addKafkaStep(step, metrics[at])
  for (const step of scheduled) board.addScheduledStep(step)
}

/** The CDK's usual way through a bootstrapped account, or straight into one bucket with the credentials at hand. */
function makeSynthesizer(assetBucket: string | undefined): IStackSynthesizer {
  const synthesizer =
    assetBucket === undefined ? new DefaultStackSynthesizer() : new CliCredentialsStackSynthesizer({ fileAssetsBucketName: assetBucket })
  return synthesizer as IStackSynthesizer // the CDK's own types do not hold under exactOptionalPropertyTypes
}
