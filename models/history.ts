// How a definition's `history` reads the clock times of a file.

/** How a column writes a clock time. Numbers count from 1970 UTC; texts without a zone are read as UTC. */
export const clockForms = ['ms', 'seconds', 'microseconds', 'iso', 'month first', 'day first', 'month name'] as const
export type ClockForm = (typeof clockForms)[number]

const clock = String.raw`(?:[T,]?\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AP]M)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?`
const year = String.raw`(\d{4})`
const oneOrTwo = String.raw`(\d{1,2})`
const monthName = String.raw`(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?`
const toPattern = (date: string) => new RegExp(`^${date}${clock}$`, 'i')
const isoDate = toPattern(`${year}[-/]${oneOrTwo}[-/]${oneOrTwo}`)
const numberDate = toPattern(`${oneOrTwo}[-/.]${oneOrTwo}[-/.]${year}`)
const monthDate = toPattern(`${monthName}\\s+${oneOrTwo},?\\s+${year}`)
const dayMonthDate = toPattern(`${oneOrTwo}[\\s-]${monthName}[\\s-]${year}`)
const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * A clock time of a history file in whole milliseconds since 1970, or null where the value is not one of that form.
 *
 * `iso` takes 2012-01-31 and 2012/1/31, each with or without a time and a zone; `month first` takes 1/31/2012, `day first` 31.1.2012,
 * `month name` Jan 31 2012 and 31-Jan-2012.
 *
 * @example toTimeMs('2012-01-31 12:00', 'iso') // 1328011200000
 * @example toTimeMs(1328011200, 'seconds') // 1328011200000
 */
export function toTimeMs(value: unknown, form: ClockForm): number | null {
  switch (form) {
    case 'ms':
      return toWholeMs(value, 1)
    case 'seconds':
      return toWholeMs(value, 1_000)
    case 'microseconds':
      return toWholeMs(value, 0.001)
    case 'iso':
      return readText(value, [isoDate], ([year, month, day]) => [Number(year), Number(month), Number(day)])
    case 'month first':
      return readText(value, [numberDate], ([month, day, year]) => [Number(year), Number(month), Number(day)])
    case 'day first':
      return readText(value, [numberDate], ([day, month, year]) => [Number(year), Number(month), Number(day)])
    case 'month name':
      return readText(value, [monthDate, dayMonthDate], ([first, second, year]) => {
        const [month, day] = /^\d/.test(first) ? [second, first] : [first, second]
        return [Number(year), monthNames.indexOf(month.slice(0, 3).toLowerCase()) + 1, Number(day)]
      })
    default:
      return form satisfies never
  }
}

function toWholeMs(value: unknown, msPerUnit: number): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? Math.round(value * msPerUnit) : null
}

type DateParts = readonly [year: number, month: number, day: number]

function readText(value: unknown, patterns: readonly RegExp[], toDate: (parts: readonly string[]) => DateParts): number | null {
  if (typeof value !== 'string' || value.length > 48) return null
  for (const pattern of patterns) {
    const parts = pattern.exec(value.trim())?.slice(1)
    if (parts) return toUtcMs(toDate(parts.slice(0, 3)), parts.slice(3))
  }
  return null
}

/** Null for a date or a time that no calendar or clock has. */
function toUtcMs(
  [year, month, day]: DateParts,
  [hourText = '0', minute = '0', second = '0', fraction = '', half, zone]: readonly string[],
) {
  const dateMs = Date.UTC(year, month - 1, day)
  const date = new Date(dateMs)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null
  const hour = half ? (Number(hourText) % 12) + (half.toUpperCase() === 'PM' ? 12 : 0) : Number(hourText)
  if (hour > 23 || Number(minute) > 59 || Number(second) > 59) return null
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3))
  return dateMs + ((hour * 60 + Number(minute) - zoneMinutes(zone)) * 60 + Number(second)) * 1_000 + ms
}

function zoneMinutes(zone: string | undefined): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '') ?? []
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
