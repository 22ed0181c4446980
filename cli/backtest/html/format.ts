/** What stands where there is no figure. */
export const none = '–'

/** @example toFixed(0.90642, 3) // '0.906' */
export function toFixed(value: number | null | undefined, digits: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none
  const text = Math.abs(value).toFixed(digits)
  return `${value < 0 && Number(text) !== 0 ? '−' : ''}${digits > 0 && Math.abs(value) < 1e6 ? text : Number(text).toLocaleString('en', { minimumFractionDigits: digits })}`
}

/** A difference with its sign. @example toSigned(0.054, 3) // '+0.054' */
export function toSigned(value: number, digits: number): string {
  const text = toFixed(value, digits)
  return text.startsWith('−') || Number(text) === 0 ? text : `+${text}`
}

/** Decimal places that show about four digits of an amount of this size. @example toDigits(12.3) // 2 */
export function toDigits(size: number): number {
  return size > 0 && Number.isFinite(size) ? Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(size)))) : 3
}

/** @example toCount(45312) // '45,312' */
export function toCount(count: number): string {
  return Number.isFinite(count) ? Math.round(count).toLocaleString('en') : none
}

/** @example toRatio(0.0345) // '3.5 %' */
export function toRatio(value: number | null): string {
  return value === null ? none : `${toFixed(100 * value, 1)} %`
}

/** UTC to the minute. @example toTime(1328011200000) // '2012-01-31 12:00' */
export function toTime(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? none : date.toISOString().slice(0, 16).replace('T', ' ')
}

/** @example toDay(1328011200000) // '2012-01-31' */
export function toDay(ms: number): string {
  return toTime(ms).slice(0, 10)
}

const units = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1_000, name: 's' },
]

/** @example toSpan(5_400_000) // '1.5 h' */
export function toSpan(ms: number): string {
  const unit = units.find(candidate => ms >= candidate.ms)
  return unit ? `${Number((ms / unit.ms).toFixed(1)).toLocaleString('en')} ${unit.name}` : `${Math.round(ms)} ms`
}

/** @example toSeconds(0.034) // '0.03' */
export function toSeconds(seconds: number): string {
  return toFixed(seconds, seconds < 10 ? 2 : 1)
}
