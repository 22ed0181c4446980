import * as lambda from 'aws-cdk-lib/aws-lambda'
import { Duration } from 'aws-cdk-lib/core'
import { Construct, type IDependable } from 'constructs'
import { type PipelineTopic, topicName } from '#models/topics.ts'
import { checkKafkaStep } from './check-step.ts'
import { dataStatements, failureStatements, networkReason, pollStatements } from './kafka-grants.ts'
import type { Polling } from './polling.ts'
import { type StepContext, StepFunction } from './step-function.ts'
import { type KafkaStepRow, readsOf, toId } from './steps.ts'
import { topicSettings } from './topics.ts'

/** A step that Kafka triggers: its function, and one event source mapping for each topic that it reads. */
export class KafkaStep extends Construct {
  readonly row: KafkaStepRow
  readonly step: StepFunction
  /** Each topic that it reads, in which group, and by which mapping. */
  readonly reads: readonly { readonly topic: PipelineTopic; readonly group: string; readonly mapping: lambda.EventSourceMapping }[]

  /** `topics` must be there before a topic can be polled. */
  constructor(scope: Construct, id: string, row: KafkaStepRow, context: StepContext, polling: Polling, topics: readonly IDependable[]) {
    super(scope, id)
    checkKafkaStep(row, context.topics)
    this.row = row
    const { pipeline, cluster, stores, settings } = context
    const reads = readsOf(row, context.topics)
    this.step = new StepFunction(this, 'Step', row, context, {
      ...cluster.network,
      // More at once than there are partitions to read never runs; one step's backlog must not take the others' share
      ...(settings.concurrency === 'reserved' && { reservedConcurrentExecutions: countPartitions(reads) }),
      environment: { PARTIAL_FAILURES: polling.provisioned?.partialFailures ? 'on' : 'off' },
    })
    const { step } = this
    const groupOf = ({ suffix }: PipelineTopic) => `${pipeline}.${row.name}.${suffix}`
    const access = {
      reads: reads.map(({ topic }) => topic.name),
      groups: reads.map(({ topic }) => groupOf(topic)),
      writes: row.writes.map(suffix => topicName(pipeline, suffix)),
    }
    step.allow(pollStatements(cluster), networkReason)
    step.allow(dataStatements(cluster, access), 'none: topics and groups are named')
    if (polling.keepsFailures) step.allow(failureStatements(stores.failures.bucketArn), 'Lambda names the objects itself')

    this.reads = reads.map(({ topic, batchSize, windowSec: ownWindowSec, windowSetting }) => {
      const group = groupOf(topic)
      const windowSec = (windowSetting && context.settings[windowSetting]) ?? ownWindowSec
      const mapping = new lambda.EventSourceMapping(this, `From${toId(topic.suffix)}`, {
        target: step.function,
        eventSourceArn: cluster.arn,
        kafkaTopic: topic.name,
        kafkaConsumerGroupId: group,
        startingPosition: lambda.StartingPosition.TRIM_HORIZON, // LATEST skips what arrives while the mapping is made
        batchSize,
        ...(windowSec !== undefined && { maxBatchingWindow: Duration.seconds(Math.min(windowSec, context.settings.windowSecAtMost)) }),
        ...(polling.keepsFailures && {
          onFailure: { bind: () => ({ destination: stores.failures.bucketArn }) },
          supportS3OnFailureDestination: true,
          metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] }, // what goes there, and what does not even arrive there
        }),
        ...toControls(polling, topic, row),
      })
      mapping.node.addDependency(step.role, ...topics) // Lambda tries the grants and the topic at once
      return { topic, group, mapping }
    })
  }
}

function countPartitions(reads: readonly { readonly topic: PipelineTopic }[]): number {
  return reads.reduce((sum, { topic }) => sum + topicSettings[topic.kind].partitionCount, 0)
}

function toControls(
  { provisioned }: Polling,
  { kind }: PipelineTopic,
  { isSingleWriter }: KafkaStepRow,
): Partial<lambda.EventSourceMappingOptions> {
  if (!provisioned) return {}
  const { minCount, maxCount, group, partialFailures, bisect, retriesAtMost } = provisioned
  const recordAgeAtMostSec = provisioned.recordAgeAtMostSec(kind)
  return {
    provisionedPollerConfig: {
      minimumPollers: isSingleWriter ? 1 : minCount,
      maximumPollers: isSingleWriter ? 1 : maxCount,
      pollerGroupName: group,
    },
    ...(partialFailures && { reportBatchItemFailures: true }),
    ...(bisect && { bisectBatchOnError: true }),
    ...(retriesAtMost >= 0 && { retryAttempts: retriesAtMost }),
    ...(recordAgeAtMostSec !== undefined && { maxRecordAge: Duration.seconds(recordAgeAtMostSec) }),
  }
}
