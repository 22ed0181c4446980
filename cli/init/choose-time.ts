import { MillraceError } from '#models/errors.ts'
import type { ClockForm } from '#models/history.ts'
import { toCount } from '../progress.ts'
import type { ClockProfile, ColumnProfile } from './column-profile.ts'
import { type Note, quoted, toPercent } from './notes.ts'

/** The event's clock: a column of the file, or none. */
export interface TimeChoice {
  /** Absent where the file has no clock; the row's number then stands for it. */
  readonly column?: ColumnProfile
  readonly clock?: ClockProfile
  /** Columns that hold a clock time too: no features, for a model has not seen the times to come. */
  readonly others: readonly ColumnProfile[]
  readonly notes: readonly Note[]
}

const latestMs = 4_102_444_800_000
const timeWord = /time|date|stamp|epoch|when|_at$|[a-z]At$|Ms$|_ts$|^ts$/i
const birthWord = /birth|dob|born/i
/** What whole numbers are in 2000 to 2040, by unit. */
const units: readonly { readonly form: ClockForm; readonly perMs: number }[] = [
  { form: 'ms', perMs: 1 },
  { form: 'seconds', perMs: 0.001 },
  { form: 'microseconds', perMs: 1_000 },
]
const plausibleMs = { min: Date.UTC(1980, 0), max: Date.UTC(2060, 0) }

/**
 * The column that orders the events: `--time`, else the best sorted one that reads as a clock time in every row.
 *
 * @throws ARGUMENT_INVALID where --time names a column that does not
 */
export function chooseTime(columns: readonly ColumnProfile[], rowCount: number, asked: ColumnProfile | undefined): TimeChoice {
  const candidates = columns.flatMap(column => toCandidate(column, column === asked) ?? [])
  const chosen = asked ? candidates.find(({ column }) => column === asked) : candidates.filter(isUsable).sort(byPromise)[0]
  if (asked && !(chosen && isInRange(chosen.clock))) throw notATime(asked)
  const notes: Note[] = []
  if (!chosen) {
    for (const { column, clock } of candidates) notes.push({ about: 'time', column: column.name, text: whyNot(column, clock) })
    for (const column of columns.filter(isCounter)) {
      notes.push({
        about: 'time',
        column: column.name,
        text: `rises from ${column.min} to ${column.max} in an unknown unit: read as a number. If it is a clock, map it to milliseconds in history and make that the time`,
      })
    }
    return { others: candidates.map(({ column }) => column), notes }
  }
  const { column, clock } = chosen
  const note = (text: string) => notes.push({ about: 'time', column: column.name, text })
  const others = candidates.filter(candidate => candidate !== chosen).map(candidate => candidate.column)
  if (others.length > 0) note(`was taken for the event's time; so could be ${others.map(other => quoted(other.name)).join(', ')}`)
  if (isAmbiguous(column)) note(`could have its day or its month first: read as ${clock.form}`)
  if (units.some(({ form }) => form === clock.form) && clock.form !== 'ms')
    note(`looks like ${clock.form} since 1970, by the size of its numbers`)
  if (clock.descentCount > 0) {
    note(`goes back in ${toCount(clock.descentCount, 'row')} (${toPercent(clock.descentCount, rowCount)}): a backtest needs --sort`)
  }
  if (column.missingCount > 0) note(`is missing in ${toCount(column.missingCount, 'row')}: those events are rejected`)
  return { column, clock, others, notes }
}

interface Candidate {
  readonly column: ColumnProfile
  readonly clock: ClockProfile
}

/** A column as a clock; numbers only where their name says time, or they are sorted, unless it was asked for. */
function toCandidate(column: ColumnProfile, isAsked: boolean): Candidate | undefined {
  if (column.clocks.length > 0) return { column, clock: column.clocks[0] }
  if (column.numberCount === 0 || column.numberCount !== column.valueCount || column.min === column.max) return undefined
  const unit = units.find(({ perMs }) => column.min >= plausibleMs.min * perMs && column.max <= plausibleMs.max * perMs)
  if (!unit) return undefined
  const isSorted = column.descentCount === 0 && column.isInteger
  if (!isAsked && !timeWord.test(column.name) && !isSorted) return undefined
  const minMs = Math.round(column.min / unit.perMs)
  const maxMs = Math.round(column.max / unit.perMs)
  return { column, clock: { form: unit.form, minMs, maxMs, descentCount: column.descentCount, hasTimeOfDay: true } }
}

function isInRange({ minMs, maxMs }: ClockProfile): boolean {
  return minMs >= 0 && maxMs <= latestMs
}

function isUsable({ column, clock }: Candidate): boolean {
  return isInRange(clock) && clock.minMs < clock.maxMs && column.missingCount <= 0.01 * (column.valueCount + column.missingCount)
}

/** The fewest steps back in time first; then a name that says time; then the order of the columns. */
function byPromise(a: Candidate, b: Candidate): number {
  const toDescentRatio = ({ column, clock }: Candidate) => Math.round((20 * clock.descentCount) / column.valueCount)
  const toRank = ({ column }: Candidate) => (birthWord.test(column.name) ? 2 : timeWord.test(column.name) ? 0 : 1)
  return toDescentRatio(a) - toDescentRatio(b) || toRank(a) - toRank(b)
}

function isAmbiguous({ clocks }: ColumnProfile): boolean {
  return clocks.length > 1
}

/** A column that rises through the whole file under the name of a time, but in no unit that can be told. */
function isCounter(column: ColumnProfile): boolean {
  return timeWord.test(column.name) && column.numberCount > 1 && column.descentCount === 0 && column.min < column.max
}

function whyNot(column: ColumnProfile, clock: ClockProfile): string {
  if (!isInRange(clock)) return `holds times from ${toDay(clock.minMs)} to ${toDay(clock.maxMs)}: an event's time must be from 1970 to 2100`
  if (clock.minMs === clock.maxMs) return 'is the same time in every row'
  return `is missing in ${toCount(column.missingCount, 'row')}: too many for the event's time`
}

const toDay = (ms: number) => new Date(ms).toISOString().slice(0, 10)

function notATime({ name, values, min, max }: ColumnProfile): MillraceError {
  const [example] = values?.keys() ?? []
  const found = example === undefined ? `numbers from ${min} to ${max}` : quoted(example)
  return new MillraceError(
    'ARGUMENT_INVALID',
    `--time must be a column of clock times from 1970 to 2100 in every row: seconds or milliseconds since 1970, 2012-01-31 12:00, 1/31/2012, Jan 31 2012; ${quoted(name)} holds ${found}`,
  )
}
