import type { IHeaders } from 'kafkajs'
import type { OutgoingRecord } from '../ports.ts'

/**
 * Headers as kafkajs takes them: an object, whose lists are headers of one name.
 *
 * It has no prototype, so that `constructor` or `__proto__` is a name as any other. Headers of one name keep their order, which is all that
 * kafkajs can send: names stand in the order of their first header, but whole numbers before the rest.
 *
 * @example toHeaderObject([['trace', '1'], ['trace', '2']]) // { trace: ['1', '2'] }
 */
export function toHeaderObject(headers: NonNullable<OutgoingRecord['headers']>): IHeaders {
  const byName: Record<string, (Buffer | string)[]> = Object.create(null)
  for (const [name, value] of headers) {
    byName[name] ??= []
    byName[name].push(value)
  }
  return byName
}
