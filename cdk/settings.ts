import { Duration } from 'aws-cdk-lib/core'
import { MillraceError } from '#models/errors.ts'

/** One setting of the app: what it is without a value, how a text becomes a value (undefined: refused), what is allowed, what it is for. */
interface Setting<Value> {
  readonly default: Value
  readonly parse: (text: string) => Value | undefined
  readonly allowed: string
  readonly meaning: string
}

const setting = <Value>(row: Setting<Value>) => row

const matching = (pattern: RegExp) => (text: string) => (pattern.test(text) ? text : undefined)

const oneOf =
  <const Name extends string>(...names: readonly Name[]) =>
  (text: string) =>
    names.find(name => name === text)

const listOf = (pattern: RegExp) => (text: string) => {
  const items = text.split(',').map(item => item.trim())
  return items.every(item => pattern.test(item)) ? items : undefined
}

function parseCount(text: string): number | undefined {
  const count = Number(text)
  return Number.isInteger(count) && count >= 1 && count <= 2_000 ? count : undefined
}

function parseRate(text: string): Duration | undefined {
  const [, amount, unit] = /^([1-9]\d{0,3}) (minute|hour|day)s?$/.exec(text) ?? []
  switch (unit) {
    case 'minute':
      return Duration.minutes(Number(amount))
    case 'hour':
      return Duration.hours(Number(amount))
    case 'day':
      return Duration.days(Number(amount))
    default:
      return undefined
  }
}

/** Every setting of the app, given as CDK context: `cdk deploy -c clusterArn=…`, or under `context` in cdk.json. */
export const settingTable = {
  pipelineFile: setting<string>({
    default: 'models/pipeline.ts',
    parse: matching(/\.ts$/),
    allowed: 'the path of a .ts file',
    meaning: 'the definition to deploy, from the root of the repository',
  }),
  clusterArn: setting<string | undefined>({
    default: undefined,
    parse: matching(/^arn:aws[\w-]*:kafka:[\w-]+:\d{12}:cluster\/[^/]+\/[^/]+$/),
    allowed: 'the ARN of an MSK cluster, arn:aws:kafka:<region>:<account>:cluster/<name>/<uuid>',
    meaning: 'an existing cluster, with its topics; absent, a provisioned cluster is created',
  }),
  kafkaAuth: setting<'iam' | 'none'>({
    default: 'iam',
    parse: oneOf('iam', 'none'),
    allowed: 'iam or none',
    meaning: 'how functions sign in to the brokers; none only for an existing cluster that allows it',
  }),
  vpcId: setting<string | undefined>({
    default: undefined,
    parse: matching(/^vpc-\w+$/),
    allowed: 'the id of a VPC, vpc-…',
    meaning: 'the VPC of an existing cluster; absent, functions run outside any VPC',
  }),
  subnetIds: setting<readonly string[]>({
    default: [],
    parse: listOf(/^subnet-\w+$/),
    allowed: 'ids of subnets, subnet-…,subnet-…',
    meaning: 'where in that VPC the functions run',
  }),
  securityGroupIds: setting<readonly string[]>({
    default: [],
    parse: listOf(/^sg-\w+$/),
    allowed: 'ids of security groups, sg-…,sg-…',
    meaning: "the functions' security groups, which the brokers let in",
  }),
  architecture: setting<'x86_64' | 'arm64'>({
    default: 'x86_64',
    parse: oneOf('x86_64', 'arm64'),
    allowed: 'x86_64 or arm64',
    meaning: 'the processor of every function; native packages are copied for it',
  }),
  maxPollers: setting<number>({
    default: 10,
    parse: parseCount,
    allowed: 'a whole number from 1 to 2000',
    meaning: 'how many provisioned pollers a topic may scale to; never above its partitions',
  }),
  retrainEvery: setting<Duration | undefined>({
    default: undefined,
    parse: parseRate,
    allowed: "an amount and a unit, such as '1 minute', '6 hours' or '1 day'",
    meaning: "how often a candidate is trained, instead of the definition's retrain.everyMs",
  }),
  assetBucket: setting<string | undefined>({
    default: undefined,
    parse: matching(/^[a-z0-9.-]{3,63}$/),
    allowed: 'the name of a bucket',
    meaning: "an existing bucket for the functions' code, which saves `cdk bootstrap`; the local run uses it",
  }),
}

export type Settings = {
  readonly [Name in keyof typeof settingTable]: (typeof settingTable)[Name] extends Setting<infer Value> ? Value : never
}

/**
 * Reads the settings from the CDK context; absent ones take their default.
 *
 * The CDK's own keys all hold a colon, an at sign or begin with `cdk-` or `cli-`; every other key must be a setting.
 *
 * @throws MillraceError SETTING_INVALID for an unknown name, a wrong value, or values that do not fit together
 * @example parseSettings({ maxPollers: '4' }).maxPollers // 4
 */
export function parseSettings(context: Readonly<Record<string, unknown>>): Settings {
  for (const name of Object.keys(context)) {
    if (!/[:@]|^(cdk|cli)-/.test(name) && !Object.hasOwn(settingTable, name)) {
      throw invalid(
        `${name} is not a setting; allowed are ${Object.keys(settingTable).join(', ')}; change it in the -c options or in cdk.json`,
      )
    }
  }
  const entries = Object.entries(settingTable).map(([name, row]) => [name, parseSetting(name, row, context[name])])
  return checkTogether(Object.fromEntries(entries) as Settings)
}

function parseSetting(name: string, row: Setting<unknown>, given: unknown): unknown {
  if (given === undefined) return row.default
  const value = row.parse(String(given))
  if (value !== undefined) return value
  throw invalid(`${name} must be ${row.allowed}, got ${JSON.stringify(given)}; change it with -c ${name}=… or in cdk.json`)
}

function checkTogether(settings: Settings): Settings {
  const networkParts = [settings.vpcId, settings.subnetIds[0], settings.securityGroupIds[0]].filter(part => part !== undefined)
  if (settings.clusterArn === undefined && settings.kafkaAuth === 'none') {
    throw invalid(
      'kafkaAuth must be iam for a cluster that is created, got none; leave it out, or give the clusterArn of a cluster without sign-in',
    )
  }
  if (settings.clusterArn === undefined && networkParts.length > 0) {
    throw invalid('vpcId, subnetIds and securityGroupIds belong to an existing cluster; leave them out, or give its clusterArn')
  }
  if (networkParts.length !== 0 && networkParts.length !== 3) {
    throw invalid('vpcId, subnetIds and securityGroupIds are given together or not at all; add what is missing with -c')
  }
  return settings
}

const invalid = (message: string) => new MillraceError('SETTING_INVALID', message)
