import { Duration } from 'aws-cdk-lib/core'

/** One setting of the app: what it is without a value, how a text becomes a value (undefined: refused), what is allowed, what it is for. */
export interface Setting<Value> {
  readonly default: Value
  readonly parse: (text: string) => Value | undefined
  readonly allowed: string
  readonly meaning: string
}

/** Where the brokers come from. */
export type ClusterChoice =
  | { readonly kind: 'provisioned' | 'serverless' }
  | { readonly kind: 'existing'; readonly arn: string; readonly region: string }

export const setting = <Value>(row: Setting<Value>) => row

export const matching = (pattern: RegExp) => (text: string) => (pattern.test(text) ? text : undefined)

export const oneOf =
  <const Name extends string>(...names: readonly Name[]) =>
  (text: string) =>
    names.find(name => name === text)

export const listOf = (pattern: RegExp) => (text: string) => {
  const items = text.split(',').map(item => item.trim())
  return items.every(item => pattern.test(item)) ? items : undefined
}

export const wholeNumber = (min: number, max: number) => (text: string) => {
  const count = text === '' ? Number.NaN : Number(text)
  return Number.isInteger(count) && count >= min && count <= max ? count : undefined
}

export const numberAbove0 = (max: number) => (text: string) => {
  const value = Number(text)
  return value > 0 && value <= max ? value : undefined
}

export function parseCluster(text: string): ClusterChoice | undefined {
  if (text === 'provisioned' || text === 'serverless') return { kind: text }
  const [arn, region] = /^arn:aws[\w-]*:kafka:([\w-]+):\d{12}:cluster\/[^/]+\/[^/]+$/.exec(text) ?? []
  return arn === undefined ? undefined : { kind: 'existing', arn, region }
}

export function parseRate(text: string): Duration | undefined {
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

export const onOrOff = { parse: oneOf('on', 'off'), allowed: 'on or off' }
