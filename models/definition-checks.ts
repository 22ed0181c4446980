import type { z } from 'zod'
import type { Fields, UntypedDefinition } from './definition.ts'
import { checkPositive, refuse } from './refuse.ts'

/** At most this many features: the width of the archive's table and of the model's input. */
const featuresAtMost = 500

/** Beyond this a label's wait is no clock time that a table can hold. */
const yearsAtMostMs = 10 * 365 * 86_400_000

/** Throws DEFINITION_INVALID for the first thing in a definition that cannot work. */
export function checkDefinition(definition: UntypedDefinition): void {
  const { name, event, id, time, label, lookups, features, retrain, decide } = definition
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,39}$/.test(name)) {
    refuse('name', 'be 1 to 40 lower-case letters, digits or dashes and begin with a letter', name)
  }
  checkFields('event', event)
  checkFieldName('id', id, event)
  checkFieldName('time', time, event)
  checkFields('label.fields', label.fields)
  checkFieldName('label.id', label.id, label.fields)
  checkFieldName('label.time', label.time, label.fields)
  checkFunction('label.isPositive', label.isPositive)
  if (definition.filter !== undefined) checkFunction('filter', definition.filter)
  checkTime('time', event[time]!)
  checkTime('label.time', label.fields[label.time]!)
  checkPositive('label.arrivesWithinMs', label.arrivesWithinMs)
  if (label.arrivesWithinMs > yearsAtMostMs)
    refuse('label.arrivesWithinMs', `be at most ${yearsAtMostMs}, ten years`, label.arrivesWithinMs)
  if (label.arrivesAfterMs !== undefined) checkPositive('label.arrivesAfterMs', label.arrivesAfterMs)
  checkNames('lookups', lookups ?? {})
  for (const [lookup, { table, by }] of Object.entries(lookups ?? {})) {
    if (!(table instanceof Map)) refuse(`lookups.${lookup}.table`, 'be a Map from key to row', table)
    checkFieldName(`lookups.${lookup}.by`, by, event)
  }
  const { revision = 1 } = definition
  if (!Number.isSafeInteger(revision) || revision < 1) refuse('revision', 'be a whole number from 1', revision)
  checkFeatures(features)
  if (definition.history !== undefined && typeof definition.history !== 'function') {
    refuse('history', 'be a function of a row', definition.history)
  }
  checkPositive('retrain.everyMs', retrain.everyMs)
  checkPositive('retrain.windowMs', retrain.windowMs)
  if (retrain.halfLifeMs !== undefined) checkPositive('retrain.halfLifeMs', retrain.halfLifeMs)
  if (retrain.holdoutRowsAtMost !== undefined) checkPositive('retrain.holdoutRowsAtMost', retrain.holdoutRowsAtMost)
  if (retrain.refit !== undefined && typeof retrain.refit !== 'boolean') refuse('retrain.refit', 'be true or false', retrain.refit)
  checkEngine(definition)
  checkSegment(definition)
  checkRatio('decide.positiveAtLeast', decide.positiveAtLeast)
  if (decide.notifyAtLeast !== undefined) checkRatio('decide.notifyAtLeast', decide.notifyAtLeast)
}

/** Spark trains boosted trees on all rows; what it would pass over is refused. */
function checkEngine({ retrain: { engine = 'lambda' }, trainer: { kind = 'auto', spans = [1] } = {} }: UntypedDefinition): void {
  if (engine !== 'lambda' && engine !== 'spark') refuse('retrain.engine', "be 'lambda' or 'spark'", engine)
  if (engine === 'lambda') return
  if (kind !== 'auto' && kind !== 'gbdt') refuse('trainer.kind', "be 'auto' or 'gbdt' where retrain.engine is 'spark'", kind)
  if (spans.length !== 1 || spans[0] !== 1) refuse('trainer.spans', "be [1] where retrain.engine is 'spark'", spans)
}

function checkSegment({ features, promoteWhen }: UntypedDefinition): void {
  const segmentBy = promoteWhen?.guardrails?.segmentBy
  if (segmentBy === undefined) return
  const categories = Object.keys(features).filter(name => typeof features[name] !== 'function')
  if (!categories.includes(segmentBy))
    refuse('promoteWhen.guardrails.segmentBy', `be one of the category features (${categories.join(', ')})`, segmentBy)
}

function checkFeatures(features: UntypedDefinition['features']): void {
  const names = Object.keys(features)
  const byLowerCase = new Map<string, string>()
  if (names.length === 0 || names.length > featuresAtMost) refuse('features', `have 1 to ${featuresAtMost} entries`, names.length)
  for (const name of names) {
    if (!/^[A-Za-z][A-Za-z0-9]{0,62}$/.test(name)) {
      refuse(`features.${name}`, 'be named with 1 to 63 letters and digits and begin with a letter', name)
    }
    const feature = features[name]
    if (typeof feature !== 'function' && typeof feature?.category !== 'function') {
      refuse(`features.${name}`, 'be a function, or { category: function }', feature)
    }
    checkFunction(`features.${name}`, typeof feature === 'function' ? feature : feature.category)
    const other = byLowerCase.get(name.toLowerCase())
    if (other !== undefined) refuse(`features.${name}`, `differ from ${other} by more than case: columns of SQL do not`, name)
    byLowerCase.set(name.toLowerCase(), name)
  }
}

/** An async function gives a promise, and a promise is a yes, and no number. */
function checkFunction(part: string, value: unknown): void {
  if (typeof value !== 'function') refuse(part, 'be a function', value)
  if (value.constructor.name === 'AsyncFunction')
    refuse(part, 'be a plain function, since nothing here waits for a promise', 'an async function')
}

/** What a schema makes of a clock time must be a number of milliseconds, whatever it takes. */
function checkTime(part: string, schema: z.ZodType): void {
  for (const sample of [Date.UTC(2026, 0, 1), '2026-01-01T00:00:00Z']) {
    const parsed = schema.safeParse(sample)
    if (!parsed.success || typeof parsed.data === 'number') continue
    refuse(part, 'be a field that becomes a number, milliseconds since 1970, such as timeMs()', parsed.data)
  }
}

/** Fields and lookups may have any name but this: an object that is given it has another prototype, and no field. */
export function checkNames(part: string, named: object): void {
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(named))
  if (!isPlain || Object.hasOwn(named, '__proto__')) {
    refuse(`${part}.__proto__`, 'have another name; a field that comes so is read by clean: { name: { from: "__proto__" } }', '__proto__')
  }
}

export function checkFields(part: string, fields: Fields): void {
  checkNames(part, fields)
  for (const [name, schema] of Object.entries(fields)) {
    if (typeof schema?.safeParse !== 'function') refuse(`${part}.${name}`, 'be a zod schema such as text() or number()', schema)
  }
}

export function checkFieldName(part: string, name: string, fields: Fields): void {
  if (!Object.hasOwn(fields, name)) refuse(part, `be one of ${Object.keys(fields).join(', ')}`, name)
}

function checkRatio(part: string, value: number): void {
  if (!(value >= 0 && value <= 1)) refuse(part, 'be from 0 to 1', value)
}
