import { CustomResource, Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { adminStatements, networkInterfaceStatements, networkReason } from './kafka-grants.ts'
import type { Settings } from './setting-table.ts'
import { type StepContext, StepFunction } from './step-function.ts'
import { topicMaker } from './steps.ts'
import { planTopics } from './topics.ts'

/** CloudFormation's own is an hour, in which a deployment hangs that gets no answer. */
const answerWithin = Duration.minutes(5)

/**
 * The topics of the pipeline, made by a function with a Kafka client, on every kind of cluster. It deletes no topic and takes no partition
 * away, and what is there already it brings up to date.
 *
 * CloudFormation's own AWS::MSK::Topic would not do: a topic that outlives its resource, as all must, cannot be made a second time, so an
 * input that comes back, or a deployment after one that failed, would fail; and a change of the replicas is a replacement under the same name.
 */
export class ClusterTopics extends Construct {
  constructor(scope: Construct, id: string, context: StepContext, settings: Settings) {
    super(scope, id)
    const { cluster, topics } = context
    const plans = planTopics(topics, settings)
    const maker = new StepFunction(this, 'Maker', topicMaker, context, { ...cluster.network })
    const names = plans.map(({ name }) => name)
    maker.allow(adminStatements(cluster, names), 'none: topics are named')
    if (cluster.network) maker.allow(networkInterfaceStatements(), networkReason)
    const made = new CustomResource(this, 'Made', {
      serviceToken: maker.function.functionArn,
      resourceType: 'Custom::KafkaTopics',
      serviceTimeout: answerWithin,
      properties: { Topics: JSON.stringify(plans) },
    })
    made.node.addDependency(maker.role) // its policy must be there before it is called
    if (cluster.ways) made.node.addDependency(cluster.ways) // and the way to the answer for as long as it may be called: a deletion calls it too
  }
}
