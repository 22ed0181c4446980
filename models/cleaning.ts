import { refuse } from './refuse.ts'

/** What is put right in one field before its schema looks at it; the rules run in this order. */
export interface FieldCleaning {
  /** Another name under which the field may come; it is taken where the field itself is missing. */
  readonly from?: string
  /** What a missing or null field becomes. */
  readonly default?: string | number | boolean
  /** A number is multiplied by this, to convert its unit: 1.609 makes kilometres of miles. */
  readonly times?: number
  /** Then this is added: with `times` 5 / 9, -160 / 9 makes degrees Celsius of Fahrenheit. */
  readonly plus?: number
  /** Then a number below becomes this. */
  readonly min?: number
  /** A number above becomes this. */
  readonly max?: number
}

/** How far an event's clock may be from Kafka's, which says when the record came. */
export interface ClockLimits {
  /** Events later than this are refused; 15 minutes if absent, for one event of the year 2099 would empty all windows and be the newest that trainings know. */
  readonly aheadAtMostMs?: number
  /** Events older than this are refused; any age is taken if absent. */
  readonly behindAtMostMs?: number
}

/** Gives the payload with its rules applied, or the payload itself where nothing was to do; tells the rules that changed something. */
export type Clean = (value: unknown, onRule?: (rule: string) => void) => unknown

const ruleNames = ['from', 'default', 'times', 'plus', 'min', 'max']

/**
 * Compiles the cleaning of a payload's fields.
 *
 * @throws MillraceError DEFINITION_INVALID
 * @example makeClean('clean.event', { miles: { max: 20_000 } }, ['miles'])({ miles: 30_000 }) // { miles: 20000 }
 */
export function makeClean(
  part: string,
  fields: { readonly [field: string]: FieldCleaning | undefined } | undefined,
  allowed: readonly string[],
): Clean {
  const entries = Object.entries(fields ?? {}).flatMap(([field, rules]) => (rules ? [[field, rules] as const] : []))
  for (const [field, rules] of entries) {
    if (!allowed.includes(field)) refuse(`${part}.${field}`, `be one of ${allowed.join(', ')}`, field)
    checkRules(`${part}.${field}`, rules)
  }
  if (entries.length === 0) return value => value
  return (value, onRule = () => {}) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    let cleaned: Record<string, unknown> | undefined
    for (const [field, rules] of entries) {
      const given = own(value, field)
      const made = applyRules(field, rules, given, value, onRule)
      if (Object.is(made, given)) continue
      cleaned ??= { ...value }
      cleaned[field] = made
    }
    return cleaned ?? value
  }
}

function applyRules(field: string, rules: FieldCleaning, given: unknown, value: object, onRule: (rule: string) => void): unknown {
  const told = (rule: keyof FieldCleaning, made: unknown) => {
    onRule(`clean.${field}.${rule}`)
    return made
  }
  let made = given
  if (rules.from !== undefined && isMissing(made) && !isMissing(own(value, rules.from))) made = told('from', own(value, rules.from))
  if (rules.default !== undefined && isMissing(made)) made = told('default', rules.default)
  if (typeof made !== 'number') return made
  if (rules.times !== undefined && !isDefault(rules, given, made)) made = told('times', (made as number) * rules.times)
  if (rules.plus !== undefined && !isDefault(rules, given, made)) made = told('plus', (made as number) + rules.plus)
  if (rules.min !== undefined && (made as number) < rules.min) made = told('min', rules.min)
  if (rules.max !== undefined && (made as number) > rules.max) made = told('max', rules.max)
  return made
}

/** A default is in the field's own unit already. */
const isDefault = (rules: FieldCleaning, given: unknown, made: unknown) => isMissing(given) && made === rules.default
const isMissing = (value: unknown) => value === undefined || value === null
const own = (value: object, field: string) =>
  Object.hasOwn(value, field) ? (value as Readonly<Record<string, unknown>>)[field] : undefined

function checkRules(part: string, rules: FieldCleaning): void {
  for (const [rule, setting] of Object.entries(rules)) {
    if (!ruleNames.includes(rule)) refuse(`${part}.${rule}`, `be one of ${ruleNames.join(', ')}`, rule)
    if (rule === 'from' ? typeof setting !== 'string' : rule !== 'default' && !Number.isFinite(setting)) {
      refuse(`${part}.${rule}`, rule === 'from' ? "be a field's name" : 'be a finite number', setting)
    }
  }
  if (rules.min !== undefined && rules.max !== undefined && rules.min > rules.max)
    refuse(`${part}.min`, `be at most max ${rules.max}`, rules.min)
}

/**
 * Says how an event's clock is wrong by the time at which Kafka has the record; undefined where it is not.
 *
 * @throws MillraceError DEFINITION_INVALID
 */
export function makeClockCheck(limits: ClockLimits, field: string): (atMs: number, recordedAtMs: number) => string | undefined {
  const { aheadAtMostMs = Number.POSITIVE_INFINITY, behindAtMostMs = Number.POSITIVE_INFINITY } = limits
  for (const [name, limit] of Object.entries({ aheadAtMostMs, behindAtMostMs })) {
    if (!(limit >= 0)) refuse(`clean.clock.${name}`, 'be a number of at least 0', limit)
  }
  return (atMs, recordedAtMs) => {
    const aheadMs = atMs - recordedAtMs
    if (aheadMs > aheadAtMostMs) return `${field}: ${aheadMs} ms after Kafka took the record, at most ${aheadAtMostMs} are allowed`
    if (-aheadMs > behindAtMostMs) return `${field}: ${-aheadMs} ms before Kafka took the record, at most ${behindAtMostMs} are allowed`
    return undefined
  }
}
