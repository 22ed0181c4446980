import { InvalidArgumentError } from 'commander'
import { parseSpan } from './parse-span.ts'

/**
 * Reads `500ms`, `10s`, `2m`, `6h`, `1d` as milliseconds.
 *
 * @throws InvalidArgumentError for anything else
 * @example parseDuration('2m') // 120_000
 */
export function parseDuration(text: string): number {
  const span = parseSpan(text)
  if ('ms' in span) return span.ms
  throw new InvalidArgumentError('It must be a time such as 500ms, 10s or 2m.')
}
