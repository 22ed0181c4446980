export const hourMs = 3_600_000

/** A span of clock times: from the first moment on, which may be -Infinity, up to and without the second, which may be Infinity. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** The last hour that a key can name: years have four digits. */
export const lastHourMs = Date.UTC(9999, 11, 31, 23)

/** The start of the hour (UTC) that a clock time is in, from the first of 1970 to the last of 9999, in which all is that a clock in other units wrote. */
export function toHourStart(ms: number): number {
  return Math.max(0, Math.min(lastHourMs, Math.floor(ms / hourMs) * hourMs))
}

/** The starts of the hours from the one of `fromMs` to the one before `toMs` is reached. */
export function toHours(fromMs: number, toMs: number): number[] {
  const hours: number[] = []
  for (let at = toHourStart(fromMs); at < toMs; at += hourMs) hours.push(at)
  return hours
}

/** @example toDate(Date.UTC(2026, 10, 23, 5)) // '2026-11-23' */
export function toDate(ms: number): string {
  return new Date(ms).toISOString().split('T')[0]
}

/** @example toHourPath(Date.UTC(2026, 10, 23, 5)) // 'date=2026-11-23/hour=05' */
export function toHourPath(hourStartMs: number): string {
  const [date, time] = new Date(hourStartMs).toISOString().split('T')
  return `date=${date}/hour=${time.slice(0, 2)}`
}
