import * as lambda from 'aws-cdk-lib/aws-lambda'
import { Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { MillraceError } from '#models/errors.ts'
import { topicName } from '#models/topics.ts'
import { dataStatements, pollStatements } from './kafka-grants.ts'
import { type StepContext, StepFunction } from './step-function.ts'
import { type KafkaStepRow, type TopicRead, toId } from './steps.ts'

/** How Lambda polls every topic of the stack. */
export interface Polling {
  /** Absent: on-demand pollers, which can not report partial failures. */
  readonly provisioned?: { readonly minCount: number; readonly maxCount: number; readonly group: string }
  readonly partialFailures: boolean
}

/** A step that Kafka triggers: its function, and one event source mapping for each topic that it reads. */
export class KafkaStep extends Construct {
  constructor(scope: Construct, id: string, step: KafkaStepRow, context: StepContext, polling: Polling) {
    super(scope, id)
    if (polling.partialFailures && !polling.provisioned) {
      throw new MillraceError(
        'SETTING_INVALID',
        `${step.name} reports partial failures, which needs provisioned pollers; give it pollers in cdk/stack.ts`,
      )
    }
    const { pipeline, cluster } = context
    const { role, function: target } = new StepFunction(this, 'Step', step, context, { ...cluster.network })
    const groupOf = (read: TopicRead) => `${pipeline}.${step.name}.${read.topic}`
    const grants = [
      ...pollStatements(cluster),
      ...dataStatements(cluster, {
        reads: step.reads.map(read => topicName(pipeline, read.topic)),
        groups: step.reads.map(groupOf),
        writes: step.writes.map(suffix => topicName(pipeline, suffix)),
      }),
    ]
    for (const statement of grants) role.addToPolicy(statement)

    for (const read of step.reads) {
      const mapping = new lambda.EventSourceMapping(this, `From${toId(read.topic)}`, {
        target,
        eventSourceArn: cluster.arn,
        kafkaTopic: topicName(pipeline, read.topic),
        kafkaConsumerGroupId: groupOf(read),
        startingPosition: lambda.StartingPosition.TRIM_HORIZON, // LATEST skips what arrives while the mapping is made
        batchSize: read.batchSize,
        ...(read.windowSec !== undefined && { maxBatchingWindow: Duration.seconds(read.windowSec) }),
        reportBatchItemFailures: polling.partialFailures,
        ...(polling.provisioned && { provisionedPollerConfig: toPollerConfig(polling.provisioned) }),
      })
      mapping.node.addDependency(role, ...cluster.topics) // Lambda tries the grants and the topic at once
    }
  }
}

function toPollerConfig({ minCount, maxCount, group }: NonNullable<Polling['provisioned']>): lambda.ProvisionedPollerConfig {
  return { minimumPollers: minCount, maximumPollers: maxCount, pollerGroupName: group }
}
