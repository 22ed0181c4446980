import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'

/** What a stack will take of an account's quotas, read from its template. */
export interface Needs {
  readonly vpcs: number
  readonly gatewayEndpoints: number
  readonly interfaceEndpoints: number
  readonly elasticIps: number
  readonly networkInterfaces: number
  readonly brokers: number
  readonly serverlessClusters: number
  /** Executions that functions keep for themselves, none of them where concurrency is shared. */
  readonly reservedExecutions: number
  /** Executions that can run at once while every step works: one for each mapping's poller, clock and path of HTTP. */
  readonly busyExecutions: number
  /** Zones of the subnets that are made: their names, or that it takes so many of the region's first. */
  readonly zones: { readonly count: number; readonly names?: readonly string[] }
  /** The services of the interface endpoints, such as com.amazonaws.us-east-1.sns. */
  readonly services: readonly string[]
}

const templateShape = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) })),
})

/**
 * Reads what a template asks for.
 *
 * Network interfaces are those of endpoints, brokers and ways out, and of functions and pollers one for each subnet and set of security
 * groups, which Lambda shares among functions.
 *
 * @throws MillraceError FILE_INVALID for what is no template
 * @example readNeeds(template, 'eu-central-1').brokers // 3
 */
export function readNeeds(template: unknown, region: string): Needs {
  const parsed = templateShape.safeParse(template)
  if (!parsed.success) throw new MillraceError('FILE_INVALID', 'the app synthesized no template of CloudFormation resources')
  const resources = Object.values(parsed.data.Resources)
  const of = (type: string) => resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties)

  const endpoints = of('AWS::EC2::VPCEndpoint')
  const inner = endpoints.filter(({ VpcEndpointType }) => VpcEndpointType === 'Interface')
  const functions = of('AWS::Lambda::Function')
  const brokers = sum(of('AWS::MSK::Cluster').map(({ NumberOfBrokerNodes }) => Number(NumberOfBrokerNodes)))
  const ways = of('AWS::EC2::NatGateway').length
  const places = new Set(functions.flatMap(({ VpcConfig }) => toPlaces(VpcConfig)))
  const pollerSubnets = new Set(of('AWS::MSK::Cluster').flatMap(({ BrokerNodeGroupInfo }) => toSubnets(BrokerNodeGroupInfo)))
  const mappings = of('AWS::Lambda::EventSourceMapping')
  return {
    vpcs: of('AWS::EC2::VPC').length,
    gatewayEndpoints: endpoints.length - inner.length,
    interfaceEndpoints: inner.length,
    elasticIps: of('AWS::EC2::EIP').length,
    networkInterfaces: sum(inner.map(({ SubnetIds }) => countOf(SubnetIds))) + brokers + ways + places.size + pollerSubnets.size,
    brokers,
    serverlessClusters: of('AWS::MSK::ServerlessCluster').length,
    reservedExecutions: sum(functions.map(({ ReservedConcurrentExecutions = 0 }) => Number(ReservedConcurrentExecutions))),
    busyExecutions: sum(mappings.map(toPollers)) + of('AWS::Scheduler::Schedule').length + of('AWS::ApiGatewayV2::Route').length,
    zones: toZones(of('AWS::EC2::Subnet').map(({ AvailabilityZone }) => AvailabilityZone)),
    services: inner.map(({ ServiceName }) => resolve(ServiceName, region)),
  }
}

/** What a deployment adds to what the stack holds already. Zones and services it needs in any case. */
export function subtractNeeds(wanted: Needs, held: Needs | undefined): Needs {
  if (!held) return wanted
  const counts = Object.entries(wanted).map(([name, value]) => {
    const before = held[name as keyof Needs]
    return [name, typeof value === 'number' && typeof before === 'number' ? Math.max(0, value - before) : value]
  })
  return { ...(Object.fromEntries(counts) as Needs), busyExecutions: wanted.busyExecutions }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const countOf = (value: unknown) => (Array.isArray(value) ? value.length : 0)

const mappingShape = z.object({ ProvisionedPollerConfig: z.object({ MinimumPollers: z.number() }) })
const toPollers = (mapping: unknown) => mappingShape.safeParse(mapping).data?.ProvisionedPollerConfig.MinimumPollers ?? 1

/** A function's places: a subnet with a set of security groups. */
function toPlaces(vpcConfig: unknown): string[] {
  const { SubnetIds = [], SecurityGroupIds } = (vpcConfig ?? {}) as {
    readonly SubnetIds?: readonly unknown[]
    readonly SecurityGroupIds?: unknown
  }
  return SubnetIds.map(subnet => JSON.stringify([subnet, SecurityGroupIds]))
}

function toSubnets(brokers: unknown): string[] {
  const { ClientSubnets = [] } = brokers as { readonly ClientSubnets?: readonly unknown[] }
  return ClientSubnets.map(subnet => JSON.stringify(subnet))
}

/** Of subnets in the same zone (inner and public ones) one counts. */
function toZones(zones: readonly unknown[]): Needs['zones'] {
  const distinct = [...new Map(zones.map(zone => [JSON.stringify(zone), zone])).values()]
  const names = distinct.filter(zone => typeof zone === 'string')
  return { count: distinct.length, ...(names.length > 0 && { names }) }
}

/** A text of the template, with the region put in. */
function resolve(value: unknown, region: string): string {
  if (typeof value === 'string') return value
  const { Ref, 'Fn::Join': join } = value as { readonly Ref?: string; readonly 'Fn::Join'?: readonly [string, readonly unknown[]] }
  if (Ref === 'AWS::Region') return region
  if (join) return join[1].map(part => resolve(part, region)).join(join[0])
  throw new MillraceError('FILE_INVALID', `the template names a service by ${JSON.stringify(value)}, which preflight cannot read`)
}
