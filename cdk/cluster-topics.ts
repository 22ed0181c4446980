import * as msk from 'aws-cdk-lib/aws-msk'
import { CustomResource, RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { adminStatements, networkInterfaceStatements, networkReason } from './kafka-grants.ts'
import type { Settings } from './setting-table.ts'
import { type StepContext, StepFunction } from './step-function.ts'
import { topicMaker } from './steps.ts'
import { planTopics, type TopicPlan } from './topics.ts'

/**
 * The topics of the pipeline as resources: CloudFormation's own on a provisioned cluster, and a function with a Kafka client elsewhere,
 * since no AWS API makes topics there. Neither deletes a topic or takes partitions away.
 */
export class ClusterTopics extends Construct {
  constructor(scope: Construct, id: string, context: StepContext, settings: Pick<Settings, 'cluster' | 'brokerCount'>) {
    super(scope, id)
    const plans = planTopics(context.topics, settings)
    if (settings.cluster.kind === 'provisioned') for (const plan of plans) this.declareTopic(plan, context)
    else this.makeTopics(plans, context)
  }

  private declareTopic({ name, partitionCount, replicaCount, configs }: TopicPlan, { cluster, pipeline }: StepContext): void {
    const topic = new msk.CfnTopic(this, name.slice(pipeline.length + 1), {
      clusterArn: cluster.arn,
      topicName: name,
      partitionCount,
      replicationFactor: replicaCount,
      configs: Buffer.from(JSON.stringify(configs)).toString('base64'),
    })
    topic.applyRemovalPolicy(RemovalPolicy.RETAIN) // no deployment deletes a topic; only deleting the cluster does
  }

  private makeTopics(plans: readonly TopicPlan[], context: StepContext): void {
    const { cluster } = context
    const maker = new StepFunction(this, 'Maker', topicMaker, context, { ...cluster.network })
    const names = plans.map(({ name }) => name)
    maker.allow(adminStatements(cluster, names), 'none: topics are named')
    if (cluster.network) maker.allow(networkInterfaceStatements(), networkReason)
    const topics = new CustomResource(this, 'Made', {
      serviceToken: maker.function.functionArn,
      resourceType: 'Custom::KafkaTopics',
      properties: { Topics: JSON.stringify(plans) },
    })
    topics.node.addDependency(maker.role) // its policy must be there before it is called
  }
}
