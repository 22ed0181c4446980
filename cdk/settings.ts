import { MillraceError } from '#models/errors.ts'
import type { HttpAuth } from './http-step.ts'
import { toPolling } from './polling.ts'
import type { Setting } from './setting.ts'
import { type Settings, settingTable } from './setting-table.ts'
import { countZones } from './zones.ts'

/** Where the stack goes, as far as that is known. */
export interface Goal {
  readonly region?: string | undefined
  /** An emulator on one machine: what it calls a network is that of the machine. */
  readonly isEmulator?: boolean
}

/**
 * Reads the settings from the CDK context; absent ones take their default.
 *
 * The CDK's own keys all hold a colon, an at sign or begin with `cdk-` or `cli-`; every other key must be a setting.
 *
 * @throws MillraceError SETTING_INVALID for an unknown name, a wrong value, or values that do not fit together
 * @example parseSettings({ maxPollers: '4' }).maxPollers // 4
 */
export function parseSettings(context: Readonly<Record<string, unknown>>, goal: Goal = {}): Settings {
  for (const name of Object.keys(context)) {
    if (!/[:@]|^(cdk|cli)-/.test(name) && !Object.hasOwn(settingTable, name)) {
      throw invalid(
        `${name} is not a setting; allowed are ${Object.keys(settingTable).join(', ')}; change it in the -c options or in cdk.json`,
      )
    }
  }
  const entries = Object.entries(settingTable).map(([name, row]) => [name, parseSetting(name, row, context[name])])
  const given = Object.fromEntries(entries) as Settings
  const settings = context.brokerCount === undefined ? { ...given, brokerCount: countZones(given) } : given
  checkEffect(settings, context)
  checkCluster(settings, goal)
  checkAccess(settings, goal)
  checkNetwork(settings, goal)
  checkDisk(settings)
  toHttpAuth(settings)
  toPolling(settings, '') // refuses what does not fit together
  return settings
}

function parseSetting(name: string, row: Setting<unknown>, given: unknown): unknown {
  if (given === undefined) return row.default
  const value = row.parse(String(given))
  if (value !== undefined) return value
  throw invalid(`${name} must be ${row.allowed}, got ${JSON.stringify(given)}; change it with -c ${name}=… or in cdk.json`)
}

/** What is given and would have no effect: whoever gave it means something that does not happen. */
function checkEffect(
  { cluster, pollers, archiveColdAfterDays, archiveKeepDays }: Settings,
  given: Readonly<Record<string, unknown>>,
): void {
  const ofBrokers = (['brokerType', 'brokerCount', 'brokerDiskGb', 'brokerDiskGbAtMost'] as const).filter(name => given[name] !== undefined)
  if (cluster.kind !== 'provisioned' && ofBrokers.length > 0) {
    const got = cluster.kind === 'existing' ? cluster.arn : cluster.kind
    throw invalid(`${belong(ofBrokers)} to cluster=provisioned, got cluster=${got}; ${leaveOut(ofBrokers)}, or give -c cluster=provisioned`)
  }
  const ofPollers = (['minPollers', 'maxPollers'] as const).filter(name => given[name] !== undefined)
  if (pollers === 'on-demand' && ofPollers.length > 0) {
    throw invalid(
      `${belong(ofPollers)} to provisioned pollers, got pollers=on-demand; ${leaveOut(ofPollers)}, or give -c pollers=provisioned`,
    )
  }
  if (given.archiveColdAfterDays !== undefined && archiveKeepDays !== undefined && archiveColdAfterDays >= archiveKeepDays) {
    throw invalid(
      `archiveColdAfterDays must be below archiveKeepDays, ${archiveKeepDays}, since what is deleted does not move, got ${archiveColdAfterDays}; ` +
        'change one of them with -c, or leave archiveColdAfterDays out',
    )
  }
}

const belong = (names: readonly string[]) => `${names.join(', ')} ${names.length === 1 ? 'belongs' : 'belong'}`
const leaveOut = (names: readonly string[]) => `leave ${names.length === 1 ? 'it' : 'them'} out`

function checkCluster({ cluster, kafkaAuth, kafkaBrokers, topics, alarms }: Settings, { region }: Goal): void {
  if (kafkaBrokers !== undefined && (kafkaAuth !== 'none' || alarms === 'on')) {
    throw invalid(
      'kafkaBrokers belongs to an emulator, with kafkaAuth=none and alarms=off, since nothing would call the steps; leave it out',
    )
  }
  if (cluster.kind !== 'existing') {
    if (kafkaAuth === 'none') {
      throw invalid(
        `kafkaAuth must be iam for a cluster that is made, got none; leave it out, or give cluster=<ARN> of a cluster without sign-in`,
      )
    }
    if (topics === 'given') throw invalid('topics must be make for a cluster that is made, got given; leave it out')
    return
  }
  if (region !== undefined && cluster.region !== region) {
    throw invalid(
      `cluster must be in the region of the stack, ${region}, got one of ${cluster.region}: Lambda polls in its own region only; ` +
        `deploy with AWS_REGION=${cluster.region}, or give the ARN of a cluster in ${region}`,
    )
  }
}

/** Brokers of MSK answer inside their VPC, and outside it only by their public names: elsewhere every send of a function would fail. */
function checkAccess({ cluster, brokerAccess, kafkaAuth, vpcId }: Settings, { isEmulator = false }: Goal): void {
  if (brokerAccess === 'public') {
    if (cluster.kind !== 'existing' || vpcId !== undefined) {
      throw invalid('brokerAccess=public belongs to an existing cluster without vpcId; leave it out, or give cluster=<ARN> and no VPC')
    }
    if (kafkaAuth === 'none') throw invalid('brokerAccess=public needs kafkaAuth=iam: MSK opens no cluster to all; leave one of them out')
    return
  }
  if (cluster.kind !== 'existing' || vpcId !== undefined || isEmulator) return
  throw invalid(
    'an existing cluster needs vpcId, subnetIds and securityGroupIds, since functions outside its VPC do not reach its private brokers; ' +
      'add them with -c, or give -c brokerAccess=public where the cluster has public access',
  )
}

function checkNetwork(settings: Settings, { region }: Goal): void {
  const { cluster, vpcId, subnetIds, securityGroupIds, natGateways, brokerCount, zones } = settings
  if (zones !== undefined && (vpcId !== undefined || cluster.kind === 'existing')) {
    throw invalid('zones belongs to a VPC that is made; leave it out, or leave out vpcId and cluster=<ARN>')
  }
  const [zone] = zones?.names ?? []
  if (zone !== undefined && region !== undefined && zone.slice(0, -1) !== region) {
    throw invalid(
      `zones must be of the region of the stack, ${region}, got ${zone}; change them with -c zones=…, or deploy with AWS_REGION`,
    )
  }
  if (natGateways > countZones(settings)) {
    throw invalid(`natGateways must be at most one a zone, ${countZones(settings)}, got ${natGateways}; change it with -c natGateways=…`)
  }
  if (natGateways > 0 && (vpcId !== undefined || cluster.kind === 'existing')) {
    throw invalid('natGateways belongs to a VPC that is made; leave it out, or leave out vpcId and cluster=<ARN>')
  }
  if (cluster.kind === 'existing') {
    const parts = [vpcId, subnetIds[0], securityGroupIds[0]].filter(part => part !== undefined)
    if (parts.length !== 0 && parts.length !== 3) {
      throw invalid('vpcId, subnetIds and securityGroupIds of an existing cluster are given together or not at all; add what is missing')
    }
    return
  }
  if (securityGroupIds.length > 0) {
    throw invalid('securityGroupIds belongs to an existing cluster: a new one makes its own; leave it out, or give cluster=<ARN>')
  }
  if ((vpcId === undefined) !== (subnetIds.length === 0)) {
    throw invalid('vpcId and subnetIds are given together or not at all; add what is missing with -c')
  }
  if (vpcId !== undefined && (subnetIds.length < 2 || subnetIds.length > 3)) {
    throw invalid(`subnetIds of a new cluster must be two or three, each in another zone, got ${subnetIds.length}; change it with -c`)
  }
  const zoneCount = countZones(settings)
  if (brokerCount % zoneCount !== 0) {
    throw invalid(`brokerCount must be a multiple of the ${zoneCount} zones, got ${brokerCount}; change it with -c brokerCount=…`)
  }
}

function checkDisk({ brokerDiskGb, brokerDiskGbAtMost }: Settings): void {
  if (brokerDiskGbAtMost === undefined || brokerDiskGbAtMost >= brokerDiskGb) return
  throw invalid(`brokerDiskGbAtMost must be at least brokerDiskGb, ${brokerDiskGb}, got ${brokerDiskGbAtMost}; change one of them with -c`)
}

/**
 * How collect knows its callers; undefined where it is off.
 *
 * @throws MillraceError SETTING_INVALID for tokens without an issuer and an audience, and for labels without an API
 */
export function toHttpAuth({
  collect,
  httpLabels,
  jwtIssuer,
  jwtAudience,
}: Pick<Settings, 'collect' | 'httpLabels' | 'jwtIssuer' | 'jwtAudience'>): HttpAuth | undefined {
  if (collect === 'off' && httpLabels === 'on') {
    throw invalid('httpLabels=on needs an API, got collect=off; leave it out, or change it with -c collect=iam or jwt')
  }
  if (collect === 'jwt') {
    if (jwtIssuer !== undefined && jwtAudience.length > 0) return { kind: 'jwt', issuer: jwtIssuer, audience: jwtAudience }
    throw invalid('collect=jwt needs jwtIssuer and jwtAudience, or any token would do; add what is missing with -c')
  }
  if (jwtIssuer === undefined && jwtAudience.length === 0) return collect === 'iam' ? { kind: 'iam' } : undefined
  throw invalid(`jwtIssuer and jwtAudience belong to collect=jwt, got collect=${collect}; leave them out, or change it with -c`)
}

const invalid = (message: string) => new MillraceError('SETTING_INVALID', message)
