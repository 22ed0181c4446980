import type { Section } from '../status/section.ts'

/** A zone of the region, and whether it is one of those in which CloudFormation puts subnets that name none. */
export interface Zones {
  /** Every zone that is open to the account. */
  readonly open: readonly string[]
  /** Those that Fn::GetAZs answers, in its order. */
  readonly usual: readonly string[]
}

/** How much of a quota there is, and how much of it is taken. */
export interface Share {
  readonly inUse: number
  readonly quota: number
}

/** What an account says of itself; each part by itself, since none stops the others where it cannot be read. */
export interface Account {
  readonly concurrency: Section<{ readonly limit: number; readonly unreserved: number }>
  readonly vpcs: Section<Share>
  readonly gatewayEndpoints: Section<Share>
  /** In one VPC; one that is made has none yet. */
  readonly interfaceEndpoints: Section<Share>
  readonly elasticIps: Section<Share>
  readonly networkInterfaces: Section<Share>
  readonly brokers: Section<Share>
  readonly serverlessClusters: Section<Share>
  readonly zones: Section<Zones>
  /** The zones that offer each service; one that is not in it could not be looked up. */
  readonly services: Section<ReadonlyMap<string, readonly string[]>>
}
