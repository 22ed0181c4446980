import { MillraceError } from '#models/errors.ts'
import type { HttpAuth } from './http-step.ts'
import { toPolling } from './polling.ts'
import type { Setting } from './setting.ts'
import { type Settings, settingTable } from './setting-table.ts'

/**
 * Reads the settings from the CDK context; absent ones take their default.
 *
 * The CDK's own keys all hold a colon, an at sign or begin with `cdk-` or `cli-`; every other key must be a setting. `region` is where the
 * stack goes, where that is known.
 *
 * @throws MillraceError SETTING_INVALID for an unknown name, a wrong value, or values that do not fit together
 * @example parseSettings({ maxPollers: '4' }).maxPollers // 4
 */
export function parseSettings(context: Readonly<Record<string, unknown>>, region?: string): Settings {
  for (const name of Object.keys(context)) {
    if (!/[:@]|^(cdk|cli)-/.test(name) && !Object.hasOwn(settingTable, name)) {
      throw invalid(
        `${name} is not a setting; allowed are ${Object.keys(settingTable).join(', ')}; change it in the -c options or in cdk.json`,
      )
    }
  }
  const entries = Object.entries(settingTable).map(([name, row]) => [name, parseSetting(name, row, context[name])])
  const settings = Object.fromEntries(entries) as Settings
  checkCluster(settings, region)
  checkNetwork(settings)
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

function checkCluster({ cluster, kafkaAuth, kafkaBrokers, topics, alarms }: Settings, region: string | undefined): void {
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

function checkNetwork({ cluster, vpcId, subnetIds, securityGroupIds, natGateways, brokerCount }: Settings): void {
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
  const zoneCount = vpcId === undefined ? 3 : subnetIds.length
  if (brokerCount % zoneCount !== 0) {
    throw invalid(`brokerCount must be a multiple of the ${zoneCount} zones, got ${brokerCount}; change it with -c brokerCount=…`)
  }
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
