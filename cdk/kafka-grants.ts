import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { type Cluster, kafkaArn } from './cluster.ts'

/** What Lambda needs to find the brokers and reach them from the cluster's own subnets, under the function's role. */
export function pollStatements(cluster: Cluster): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ['kafka:DescribeCluster', 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'],
      resources: [cluster.arn],
    }),
    networkInterfaceStatement(),
  ]
}

/**
 * Network interfaces of a function or a poller in a VPC.
 *
 * The wildcard is argued: EC2 takes no resource for the descriptions, and an interface's id is unknown until Lambda makes it.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html
 */
function networkInterfaceStatement(): PolicyStatement {
  return new PolicyStatement({
    actions: [
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeSubnets',
      'ec2:DescribeVpcs',
    ],
    resources: ['*'],
  })
}

/** Kafka's data actions for reading these topics in these groups and writing those topics; none where the brokers ask for no sign-in. */
export function dataStatements(
  cluster: Cluster,
  access: { readonly reads: readonly string[]; readonly groups: readonly string[]; readonly writes: readonly string[] },
): PolicyStatement[] {
  if (cluster.auth === 'none') return []
  const topics = (names: readonly string[]) => names.map(name => kafkaArn(cluster, 'topic', name))
  const statements = [
    new PolicyStatement({
      actions: ['kafka-cluster:Connect', ...(access.writes.length > 0 ? ['kafka-cluster:WriteDataIdempotently'] : [])],
      resources: [cluster.arn],
    }),
    new PolicyStatement({ actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'], resources: topics(access.reads) }),
    new PolicyStatement({
      actions: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
      resources: access.groups.map(name => kafkaArn(cluster, 'group', name)),
    }),
  ]
  if (access.writes.length === 0) return statements
  return [
    ...statements,
    new PolicyStatement({ actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'], resources: topics(access.writes) }),
  ]
}
