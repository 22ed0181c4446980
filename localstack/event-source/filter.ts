// Lambda's filter patterns for Kafka: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html and …/kafka-filtering.html
// A pattern looks at `value` only. Fields are joined by AND, the items of a list by OR, the patterns of a mapping by OR.
import { MillraceError } from '#models/errors.ts'

/** Whether a record with this value is delivered. */
export type RecordFilter = (value: Buffer | null | undefined) => boolean

/** Whether a field's value satisfies a pattern; undefined is a field that is not there. */
type Test = (value: unknown) => boolean

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Makes one filter of a mapping's patterns; undefined where there are none.
 *
 * A pattern for JSON drops values that are no JSON objects, and a pattern for text (a list) drops those that are: so does Lambda.
 *
 * @throws SETTING_INVALID for what Lambda would refuse
 * @example parseFilters(['{"value":{"country":["DE",{"prefix":"F"}]}}'])?.(Buffer.from('{"country":"FR"}')) // true
 */
export function parseFilters(patterns: readonly string[]): RecordFilter | undefined {
  if (patterns.length === 0) return undefined
  const tests = patterns.map(parsePattern)
  return value => {
    const content = readValue(value)
    return tests.some(test => test(content))
  }
}

/** JSON's object or list, else text, else undefined for bytes that are neither. */
function readValue(value: Buffer | null | undefined): unknown {
  if (!value) return undefined
  let text: string
  try {
    text = utf8.decode(value)
  } catch {
    return undefined
  }
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? json : text
  } catch {
    return text
  }
}

function parsePattern(text: string): Test {
  let pattern: unknown
  try {
    pattern = JSON.parse(text)
  } catch (cause) {
    throw invalid(`a pattern must be JSON, got ${text}`, cause)
  }
  if (!isFields(pattern) || Object.keys(pattern).join() !== 'value') throw invalid(`a Kafka pattern must filter on value only, got ${text}`)
  const inner = pattern.value
  if (Array.isArray(inner)) {
    const test = parseList(inner)
    return value => typeof value === 'string' && test(value)
  }
  if (!isFields(inner)) throw invalid(`value must be an object of fields or a list, got ${JSON.stringify(inner)}`)
  const test = parseFields(inner)
  return value => typeof value === 'object' && test(value)
}

function parseFields(fields: Readonly<Record<string, unknown>>): Test {
  const tests = Object.entries(fields).map(([name, pattern]): Test => {
    if (name === '$or') return parseOr(pattern)
    const test = parseField(name, pattern)
    return value => test(isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined)
  })
  if (tests.length === 0) throw invalid('a pattern must name a field')
  return value => tests.every(test => test(value))
}

function parseOr(pattern: unknown): Test {
  if (!Array.isArray(pattern) || pattern.length === 0 || !pattern.every(isFields)) throw invalid('$or must be a list of patterns')
  const tests = pattern.map(parseFields)
  return value => tests.some(test => test(value))
}

function parseField(name: string, pattern: unknown): Test {
  if (Array.isArray(pattern)) return parseList(pattern)
  if (isFields(pattern)) return parseFields(pattern)
  throw invalid(`${name} must be a list or an object, got ${JSON.stringify(pattern)}`)
}

function parseList(items: readonly unknown[]): Test {
  if (items.length === 0) throw invalid('a list of a pattern must not be empty')
  const tests = items.map(parseItem)
  return value => {
    // a field that holds a list matches where one of its items does
    const candidates = Array.isArray(value) && value.length > 0 ? value : [value]
    return tests.some(test => candidates.some(test))
  }
}

function parseItem(item: unknown): Test {
  if (!isFields(item)) {
    if (typeof item === 'object' && item !== null) throw invalid(`a list in a list means nothing, got ${JSON.stringify(item)}`)
    return value => value === item
  }
  const [[name, operand], ...others] = Object.entries(item)
  const operator = Object.hasOwn(operators, name) ? operators[name as keyof typeof operators] : undefined
  if (!operator || others.length > 0) {
    throw invalid(`an operator must be one of ${Object.keys(operators).join(', ')}, got ${JSON.stringify(item)}`)
  }
  return operator(operand)
}

const operators = {
  exists: (operand: unknown): Test => {
    if (typeof operand !== 'boolean') throw invalid(`exists takes true or false, got ${JSON.stringify(operand)}`)
    // of a leaf only: a field that holds an object does not exist to it
    return value => (value !== undefined && !isFields(value)) === operand
  },
  prefix: (operand: unknown): Test => {
    const start = parseText('prefix', operand)
    return value => typeof value === 'string' && value.startsWith(start)
  },
  suffix: (operand: unknown): Test => {
    const end = parseText('suffix', operand)
    return value => typeof value === 'string' && value.endsWith(end)
  },
  'equals-ignore-case': (operand: unknown): Test => {
    const text = parseText('equals-ignore-case', operand).toLowerCase()
    return value => typeof value === 'string' && value.toLowerCase() === text
  },
  'anything-but': (operand: unknown): Test => {
    const tests = (Array.isArray(operand) ? operand : [operand]).map(parseItem)
    return value => value !== undefined && !tests.some(test => test(value))
  },
  numeric: (operand: unknown): Test => {
    const tests = parseComparisons(operand)
    return value => typeof value === 'number' && tests.every(test => test(value))
  },
} satisfies Record<string, (operand: unknown) => Test>

const comparisons: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  '=': (value, limit) => value === limit,
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
}

function parseComparisons(operand: unknown): ((value: number) => boolean)[] {
  const list = Array.isArray(operand) ? operand : []
  const tests: ((value: number) => boolean)[] = []
  for (let at = 0; at < list.length; at += 2) {
    const [sign, limit] = [String(list[at]), list[at + 1]]
    if (!Object.hasOwn(comparisons, sign) || typeof limit !== 'number') break
    tests.push(value => comparisons[sign](value, limit))
  }
  if (tests.length === 0 || tests.length * 2 !== list.length || tests.length > 2) {
    throw invalid(`numeric takes one or two pairs such as [">", 0, "<=", 5], got ${JSON.stringify(operand)}`)
  }
  return tests
}

function parseText(operator: string, operand: unknown): string {
  if (typeof operand === 'string') return operand
  throw invalid(`${operator} takes a text, got ${JSON.stringify(operand)}`)
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(message: string, cause?: unknown): MillraceError {
  return new MillraceError('SETTING_INVALID', `FilterCriteria: ${message}`, { cause })
}
