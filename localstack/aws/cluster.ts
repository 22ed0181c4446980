import { CreateClusterCommand, KafkaClient, ListClustersCommand } from '@aws-sdk/client-kafka'

const clusterName = 'millrace'

/** The cluster that stands for the broker. */
export interface RegisteredCluster {
  readonly clusterArn: string
  /** Whether the emulator has an MSK, which answers for the ARN with the broker, and takes mappings of Kafka. */
  readonly knowsKafka: boolean
}

/**
 * The MSK cluster that stands for the broker, created where it is not there yet.
 *
 * An emulator without MSK (LocalStack's free tag) gets an ARN of the right form instead: who needs the broker must be told it.
 */
export async function registerCluster(endpoint: string, region: string): Promise<RegisteredCluster> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new KafkaClient({ endpoint, region, credentials, requestHandler: { requestTimeout: 10_000 } }) // its own default is for ever
  try {
    const { ClusterInfoList: found = [] } = await client.send(new ListClustersCommand({ ClusterNameFilter: clusterName }))
    const existing = found.find(cluster => cluster.ClusterName === clusterName)?.ClusterArn
    const clusterArn = existing ?? (await createCluster(client))
    return { clusterArn: clusterArn ?? toInventedArn(region), knowsKafka: clusterArn !== undefined }
  } catch (error) {
    if (hasNoMsk(error)) return { clusterArn: toInventedArn(region), knowsKafka: false }
    throw error
  } finally {
    client.destroy()
  }
}

const createCluster = async (client: KafkaClient) =>
  (
    await client.send(
      new CreateClusterCommand({
        ClusterName: clusterName,
        KafkaVersion: '4.1.x.kraft',
        NumberOfBrokerNodes: 1,
        BrokerNodeGroupInfo: { InstanceType: 'kafka.t3.small', ClientSubnets: ['subnet-00000000'] },
      }),
    )
  ).ClusterArn

const hasNoMsk = (error: unknown) =>
  error instanceof Error && '$metadata' in error && /not.*(implemented|supported)|pro feature|license/i.test(error.message)

const toInventedArn = (region: string) =>
  `arn:aws:kafka:${region}:000000000000:cluster/${clusterName}/00000000-0000-0000-0000-000000000000-1`
