import { InvalidArgumentError } from 'commander'

/** A date, or a date and a time of day; the zone may be left out. */
const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?)?(Z|[+-]\d\d:\d\d)?$/

/**
 * Epoch milliseconds of a time in ISO 8601; without a zone it is UTC, as everything in the archive is.
 *
 * @throws commander's InvalidArgumentError
 * @example parseTime('2026-11-23T05:00') // 1795410000000
 */
export function parseTime(text: string): number {
  const hasTime = text.includes('T')
  const hasZone = /(Z|[+-]\d\d:\d\d)$/.test(text.slice(10))
  const ms = isoTime.test(text) && hasTime >= hasZone ? Date.parse(hasTime && !hasZone ? `${text}Z` : text) : Number.NaN
  if (!Number.isNaN(ms)) return ms
  throw new InvalidArgumentError('It must be a time in ISO 8601, such as 2026-11-23T05:00Z or 2026-11-23.')
}
