import type { Section } from '../status/section.ts'
import type { Account, Share, Zones } from './account.ts'
import type { Needs } from './needs.ts'

/** One line of the answer. */
export interface Check {
  readonly what: string
  readonly needed: number
  readonly inUse: number | null
  readonly quota: number | null
  /** short: the deployment would fail. tight: it would not, and steps would wait for each other. unknown: not looked up. */
  readonly verdict: 'ok' | 'tight' | 'short' | 'unknown'
  /** What to do, or why it is unknown; empty where all is well. */
  readonly note: string
}

/** What Lambda leaves to functions that reserve nothing; an account with less may reserve nothing at all. */
const keptUnreserved = 100

const shares = [
  ['VPCs', 'vpcs', 'have the quota raised, delete a VPC, or deploy into yours with vpcId'],
  ['gateway endpoints', 'gatewayEndpoints', 'have the quota raised, or deploy into your VPC with vpcId'],
  ['interface endpoints of the VPC', 'interfaceEndpoints', 'have the quota raised'],
  ['elastic IP addresses', 'elasticIps', 'have the quota raised, or deploy with fewer natGateways'],
  ['network interfaces', 'networkInterfaces', 'have the quota raised'],
  ['MSK brokers', 'brokers', 'have the quota raised, or deploy with fewer brokers (brokerCount) or cluster=<ARN>'],
  ['MSK serverless clusters', 'serverlessClusters', 'have the quota raised, or deploy with cluster=<ARN>'],
] as const

/**
 * Holds what a stack needs against what the account has. What a stack does not need is left out.
 *
 * @example checkAccount(readNeeds(template, region), account).filter(({ verdict }) => verdict === 'short')
 */
export function checkAccount(needs: Needs, account: Account): Check[] {
  return [
    ...checkConcurrency(needs, account.concurrency),
    ...shares.filter(([, part]) => needs[part] > 0).map(([what, part, remedy]) => checkShare(what, needs[part], account[part], remedy)),
    ...checkZones(needs, account.zones),
    ...(needs.services.length > 0 ? checkServices(needs, account.zones, account.services) : []),
  ]
}

const unknown = (what: string, needed: number, reason: string): Check => ({
  what,
  needed,
  inUse: null,
  quota: null,
  verdict: 'unknown',
  note: `could not be looked up: ${reason}`,
})

function checkShare(what: string, needed: number, share: Section<Share>, remedy: string): Check {
  if (!share.ok) return unknown(what, needed, share.reason)
  const isShort = share.value.inUse + needed > share.value.quota
  return { what, needed, ...share.value, verdict: isShort ? 'short' : 'ok', note: isShort ? remedy : '' }
}

function checkConcurrency({ reservedExecutions, busyExecutions }: Needs, concurrency: Account['concurrency']): Check[] {
  const [reserved, busy] = ['reserved executions of Lambda', 'executions while every step works']
  if (!concurrency.ok) {
    const lines = [unknown(busy, busyExecutions, concurrency.reason)]
    return reservedExecutions > 0 ? [unknown(reserved, reservedExecutions, concurrency.reason), ...lines] : lines
  }
  const { limit, unreserved } = concurrency.value
  const inUse = limit - unreserved
  const mayReserve = limit - Math.min(keptUnreserved, limit)
  const isShort = inUse + reservedExecutions > mayReserve
  const isTight = busyExecutions > unreserved
  return [
    ...(reservedExecutions === 0
      ? []
      : [
          {
            what: reserved,
            needed: reservedExecutions,
            inUse,
            quota: mayReserve,
            verdict: isShort ? ('short' as const) : ('ok' as const),
            note: isShort ? 'leave concurrency=reserved out, or have the quota of concurrent executions raised' : '',
          },
        ]),
    {
      what: busy,
      needed: busyExecutions,
      inUse,
      quota: limit,
      verdict: isTight ? 'tight' : 'ok',
      note: isTight ? 'it deploys, and steps wait for each other; have the quota of concurrent executions raised' : '',
    },
  ]
}

/** The zones that subnets will lie in, as far as the account has them. */
function pickZones({ zones: { count, names } }: Needs, { open, usual }: Zones): readonly string[] {
  return names ? names.filter(name => open.includes(name)) : usual.slice(0, count)
}

function checkZones(needs: Needs, zones: Section<Zones>): Check[] {
  const { count, names } = needs.zones
  if (count === 0) return []
  const what = names ? `zones ${names.join(', ')}` : 'zones'
  if (!zones.ok) return [unknown(what, count, zones.reason)]
  const { open, usual } = zones.value
  const has = names ? pickZones(needs, zones.value).length : usual.length
  const isShort = has < count
  const advice = names || open.length >= count ? `name zones that are open: -c zones=… of ${open.join(', ')}` : 'deploy with -c zones=2'
  return [{ what, needed: count, inUse: null, quota: has, verdict: isShort ? 'short' : 'ok', note: isShort ? advice : '' }]
}

function checkServices(needs: Needs, zones: Section<Zones>, services: Account['services']): Check[] {
  const { count } = needs.zones
  return needs.services.map(service => {
    const what = `zones with ${service}`
    if (!zones.ok) return unknown(what, count, zones.reason)
    if (!services.ok) return unknown(what, count, services.reason)
    const offering = services.value.get(service)
    if (offering === undefined) return unknown(what, count, 'the emulator does not know it, and AWS may')
    const chosen = pickZones(needs, zones.value)
    const has = chosen.filter(zone => offering.includes(zone)).length
    const isShort = has < count
    const everywhere = zones.value.open.filter(zone => needs.services.every(each => services.value.get(each)?.includes(zone) ?? true))
    const note =
      everywhere.length < 2
        ? 'the region lacks it: deploy elsewhere, or into your VPC with vpcId'
        : `all services are in ${everywhere.join(', ')}: -c zones=…`
    return { what, needed: count, inUse: null, quota: has, verdict: isShort ? 'short' : 'ok', note: isShort ? note : '' }
  })
}
