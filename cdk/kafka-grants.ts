import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { type Cluster, kafkaArn } from './cluster.ts'

/** What Lambda needs to find the brokers and reach them from the cluster's own subnets, under the function's role. */
export function pollStatements(cluster: Cluster): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ['kafka:DescribeCluster', 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'],
      resources: [cluster.arn],
    }),
    ...networkInterfaceStatements(),
  ]
}

/** Why the one wildcard resource of these statements is there. */
export const networkReason = 'EC2 takes no resource for the descriptions, and the id of an interface is unknown until Lambda makes it'

const networkInterfaceActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
]

/**
 * Network interfaces of a function or a poller in a VPC, made and removed by Lambda with the function's role.
 *
 * The function's own code, whose calls carry its ARN as Lambda's do not, may do none of it: else it could take down any interface of the account.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
 */
export function networkInterfaceStatements(): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: networkInterfaceActions, resources: ['*'] }),
    new PolicyStatement({
      effect: Effect.DENY,
      actions: networkInterfaceActions,
      resources: ['*'],
      conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } }, // of any function: naming ours would make a circle of role and function
    }),
  ]
}

/** Kafka's data actions for reading these topics in these groups and writing those topics; none where the brokers ask for no sign-in. */
export function dataStatements(
  cluster: Cluster,
  access: { readonly reads: readonly string[]; readonly groups: readonly string[]; readonly writes: readonly string[] },
): PolicyStatement[] {
  if (cluster.auth === 'none') return []
  const topics = (names: readonly string[]) => names.map(name => kafkaArn(cluster, 'topic', name))
  const grants = [
    {
      actions: [
        'Connect',
        ...(access.reads.length > 0 ? ['DescribeClusterDynamicConfiguration'] : []), // in AWS's own policy for a mapping
        ...(access.writes.length > 0 ? ['WriteDataIdempotently'] : []),
      ],
      resources: [cluster.arn],
    },
    { actions: ['DescribeTopic', 'ReadData'], resources: topics(access.reads) },
    { actions: ['AlterGroup', 'DescribeGroup'], resources: access.groups.map(name => kafkaArn(cluster, 'group', name)) },
    { actions: ['DescribeTopic', 'WriteData'], resources: topics(access.writes) },
  ]
  return grants
    .filter(({ resources }) => resources.length > 0)
    .map(({ actions, resources }) => new PolicyStatement({ actions: actions.map(action => `kafka-cluster:${action}`), resources }))
}

/** What a function needs to find the brokers, where no mapping asks for more. */
export const brokerStatement = (cluster: Cluster) =>
  new PolicyStatement({ actions: ['kafka:GetBootstrapBrokers'], resources: [cluster.arn] })

/** Kafka's actions for making topics, adding partitions and changing their settings; none of them deletes. */
export function adminStatements(cluster: Cluster, topics: readonly string[]): PolicyStatement[] {
  if (cluster.auth === 'none') return [brokerStatement(cluster)]
  return [
    brokerStatement(cluster),
    new PolicyStatement({ actions: ['kafka-cluster:Connect'], resources: [cluster.arn] }),
    new PolicyStatement({
      actions: [
        'kafka-cluster:AlterTopic',
        'kafka-cluster:AlterTopicDynamicConfiguration',
        'kafka-cluster:CreateTopic',
        'kafka-cluster:DescribeTopic',
        'kafka-cluster:DescribeTopicDynamicConfiguration',
      ],
      resources: topics.map(name => kafkaArn(cluster, 'topic', name)),
    }),
  ]
}

/**
 * What Lambda needs to put aside a batch that is given up: `aws/lambda/<mapping>/<date>/…` is its own layout.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
 */
export function failureStatements(bucketArn: string): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['s3:PutObject'], resources: [`${bucketArn}/aws/lambda/*`] }),
    new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucketArn] }),
  ]
}
