import * as lambda from 'aws-cdk-lib/aws-lambda'
import { Duration } from 'aws-cdk-lib/core'
import { Construct, type IDependable } from 'constructs'
import { topicName } from '#models/topics.ts'
import { checkKafkaStep } from './check-step.ts'
import { dataStatements, failureStatements, networkReason, pollStatements } from './kafka-grants.ts'
import type { Polling } from './polling.ts'
import { type StepContext, StepFunction } from './step-function.ts'
import { type KafkaStepRow, type TopicRead, toId } from './steps.ts'
import { topicSettings } from './topics.ts'

/** A step that Kafka triggers: its function, and one event source mapping for each topic that it reads. */
export class KafkaStep extends Construct {
  readonly row: KafkaStepRow
  readonly step: StepFunction

  /** `topics` must be there before a topic can be polled. */
  constructor(scope: Construct, id: string, row: KafkaStepRow, context: StepContext, polling: Polling, topics: readonly IDependable[]) {
    super(scope, id)
    checkKafkaStep(row, context.pipeline)
    this.row = row
    const { pipeline, cluster, stores, settings } = context
    this.step = new StepFunction(this, 'Step', row, context, {
      ...cluster.network,
      // More at once than there are partitions to read never runs; one step's backlog must not take the others' share
      ...(settings.concurrency === 'reserved' && { reservedConcurrentExecutions: countPartitions(row) }),
      environment: { PARTIAL_FAILURES: polling.provisioned?.partialFailures ? 'on' : 'off' },
    })
    const { step } = this
    const groupOf = (read: TopicRead) => `${pipeline}.${row.name}.${read.topic}`
    const access = {
      reads: row.reads.map(read => topicName(pipeline, read.topic)),
      groups: row.reads.map(groupOf),
      writes: row.writes.map(suffix => topicName(pipeline, suffix)),
    }
    step.allow(pollStatements(cluster), networkReason)
    step.allow(dataStatements(cluster, access), 'none: topics and groups are named')
    if (polling.keepsFailures) step.allow(failureStatements(stores.failures.bucketArn), 'Lambda names the objects itself')

    for (const read of row.reads) {
      const windowSec = (read.feedsWindows ? context.settings.labelWindowSec : undefined) ?? read.windowSec
      const mapping = new lambda.EventSourceMapping(this, `From${toId(read.topic)}`, {
        target: step.function,
        eventSourceArn: cluster.arn,
        kafkaTopic: topicName(pipeline, read.topic),
        kafkaConsumerGroupId: groupOf(read),
        startingPosition: lambda.StartingPosition.TRIM_HORIZON, // LATEST skips what arrives while the mapping is made
        batchSize: read.batchSize,
        ...(windowSec !== undefined && { maxBatchingWindow: Duration.seconds(windowSec) }),
        ...(polling.keepsFailures && {
          onFailure: { bind: () => ({ destination: stores.failures.bucketArn }) },
          supportS3OnFailureDestination: true,
        }),
        ...toControls(polling),
      })
      mapping.node.addDependency(step.role, ...topics) // Lambda tries the grants and the topic at once
    }
  }
}

function countPartitions(row: KafkaStepRow): number {
  return row.reads.reduce((sum, read) => sum + topicSettings[read.topic].partitionCount, 0)
}

function toControls({ provisioned }: Polling): Partial<lambda.EventSourceMappingOptions> {
  if (!provisioned) return {}
  const { minCount, maxCount, group, partialFailures, bisect, retriesAtMost, recordAgeAtMostSec } = provisioned
  return {
    provisionedPollerConfig: { minimumPollers: minCount, maximumPollers: maxCount, pollerGroupName: group },
    ...(partialFailures && { reportBatchItemFailures: true }),
    ...(bisect && { bisectBatchOnError: true }),
    ...(retriesAtMost >= 0 && { retryAttempts: retriesAtMost }),
    ...(recordAgeAtMostSec !== undefined && { maxRecordAge: Duration.seconds(recordAgeAtMostSec) }),
  }
}
