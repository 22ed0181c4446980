import {
  DescribeAddressesCommand,
  DescribeAvailabilityZonesCommand,
  DescribeVpcEndpointServicesCommand,
  EC2Client,
  paginateDescribeNetworkInterfaces,
  paginateDescribeSubnets,
  paginateDescribeVpcEndpoints,
  paginateDescribeVpcs,
} from '@aws-sdk/client-ec2'
import { KafkaClient, paginateListClustersV2 } from '@aws-sdk/client-kafka'
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { readSection } from '../status/section.ts'
import type { Account, Zones } from './account.ts'
import { findQuota } from './quotas.ts'

const deadlineMs = 20_000
const pageSize = 1_000

/**
 * Asks an account what it has and what is taken, by calls that only read, side by side.
 *
 * @param services names of interface endpoints' services
 */
export async function readAccount(
  services: readonly string[],
  settings: { readonly region: string; readonly maxAttempts?: number; readonly isEmulator?: boolean },
): Promise<Account> {
  const [ec2, lambda, kafka, quotas] = [
    new EC2Client(settings),
    new LambdaClient(settings),
    new KafkaClient(settings),
    new ServiceQuotasClient(settings),
  ]
  const share = (service: string, quota: string | RegExp, count: () => Promise<number>) =>
    readSection(
      Promise.all([count(), findQuota(quotas, service, quota)]).then(([inUse, value]) => ({ inUse, quota: value })),
      deadlineMs,
    )
  const clusters = listClusters(kafka)
  clusters.catch(() => undefined) // both of its readers say so
  const parts = {
    concurrency: readSection(readConcurrency(lambda), deadlineMs),
    vpcs: share('vpc', 'L-F678F1CE', () => countAll(paginateDescribeVpcs({ client: ec2, pageSize }, {}), ({ Vpcs }) => Vpcs)),
    gatewayEndpoints: share('vpc', 'L-1B52E74A', () =>
      countAll(
        paginateDescribeVpcEndpoints({ client: ec2, pageSize }, { Filters: [{ Name: 'vpc-endpoint-type', Values: ['Gateway'] }] }),
        ({ VpcEndpoints }) => VpcEndpoints,
      ),
    ),
    interfaceEndpoints: share('vpc', 'L-29B6F2EB', async () => 0),
    elasticIps: share('ec2', 'L-0263D0A3', async () => (await ec2.send(new DescribeAddressesCommand({}))).Addresses?.length ?? 0),
    networkInterfaces: share('vpc', 'L-DF5E4CA3', () =>
      countAll(paginateDescribeNetworkInterfaces({ client: ec2, pageSize }, {}), ({ NetworkInterfaces }) => NetworkInterfaces),
    ),
    brokers: share('kafka', /^number of brokers per account$/i, async () =>
      (await clusters).reduce((sum, { Provisioned }) => sum + (Provisioned?.NumberOfBrokerNodes ?? 0), 0),
    ),
    serverlessClusters: share(
      'kafka',
      /serverless clusters per account/i,
      async () => (await clusters).filter(({ Serverless }) => Serverless).length,
    ),
    zones: readSection(readZones(ec2), deadlineMs),
    services: readSection(readServices(ec2, services, settings), deadlineMs),
  }
  const entries = Object.entries(parts).map(async ([name, part]) => [name, await part] as const)
  return Object.fromEntries(await Promise.all(entries)) as unknown as Account
}

async function readConcurrency(lambda: LambdaClient) {
  const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}))
  const { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: unreserved } = AccountLimit ?? {}
  if (limit === undefined || unreserved === undefined) throw new Error('Lambda names no limit of concurrent executions')
  return { limit, unreserved }
}

async function listClusters(client: KafkaClient) {
  const found = []
  for await (const { ClusterInfoList = [] } of paginateListClustersV2({ client, pageSize: 100 }, {})) found.push(...ClusterInfoList)
  return found
}

async function countAll<Page>(pages: AsyncIterable<Page>, itemsOf: (page: Page) => readonly unknown[] | undefined): Promise<number> {
  let count = 0
  for await (const page of pages) count += itemsOf(page)?.length ?? 0
  return count
}

/**
 * Fn::GetAZs answers the zones with a default subnet, and all of them where there is no default subnet.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html
 */
async function readZones(client: EC2Client): Promise<Zones> {
  const { AvailabilityZones = [] } = await client.send(
    new DescribeAvailabilityZonesCommand({ Filters: [{ Name: 'zone-type', Values: ['availability-zone'] }] }),
  )
  const open = AvailabilityZones.filter(({ State, OptInStatus }) => State === 'available' && OptInStatus !== 'not-opted-in')
    .flatMap(({ ZoneName }) => ZoneName ?? [])
    .sort()
  const withSubnet = new Set<string | undefined>()
  for await (const { Subnets = [] } of paginateDescribeSubnets({ client }, { Filters: [{ Name: 'default-for-az', Values: ['true'] }] })) {
    for (const { AvailabilityZone } of Subnets) withSubnet.add(AvailabilityZone)
  }
  const usual = open.filter(zone => withSubnet.has(zone))
  return { open, usual: usual.length > 0 ? usual : open }
}

/**
 * One call for each service: asked for several, EC2 refuses them all for one that the region lacks. What an emulator lacks, AWS may have, so it
 * is left out.
 */
async function readServices(
  client: EC2Client,
  services: readonly string[],
  { isEmulator = false }: { readonly isEmulator?: boolean },
): Promise<ReadonlyMap<string, readonly string[]>> {
  const entries = services.map(async (service): Promise<readonly (readonly [string, readonly string[]])[]> => {
    const zones = await readServiceZones(client, service)
    return zones.length === 0 && isEmulator ? [] : [[service, zones]]
  })
  return new Map((await Promise.all(entries)).flat())
}

async function readServiceZones(client: EC2Client, service: string): Promise<readonly string[]> {
  try {
    const { ServiceDetails = [] } = await client.send(new DescribeVpcEndpointServicesCommand({ ServiceNames: [service] }))
    return ServiceDetails.flatMap(({ AvailabilityZones = [] }) => AvailabilityZones)
  } catch (error) {
    if ((error as Error).name === 'InvalidServiceName') return []
    throw error
  }
}
