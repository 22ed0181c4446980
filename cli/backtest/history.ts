import { MillraceError } from '#models/errors.ts'
import type { Payload, Pipeline } from '#models/pipeline-compiler.ts'
import type { FileRow } from '../file-row.ts'

/** One row of a history: an event, and its label with the time at which it was known. */
export interface HistoryEntry {
  readonly event: Payload
  readonly atMs: number
  /** Undefined where the row's label was refused. */
  readonly label: Payload | undefined
  readonly target: number
  readonly labelAtMs: number
}

/** Rows of a history in event time, and what became of the others. */
export interface History {
  readonly entries: AsyncIterable<HistoryEntry>
  /** Rows read, and those that were refused, by reason; a row whose label alone was refused is scored all the same. */
  readonly counts: { rows: number; readonly rejected: Record<string, number> }
  /** Counts a row that was read and refused later. */
  reject(reason: string): void
}

/** Columns that a definition may ask for and a file need not have: the row's number as an id, and a clock that ticks once a row. */
export const virtualColumns: Readonly<Record<string, (row: number) => string | number>> = {
  rowId: row => String(row),
  rowAtMs: row => firstRowAtMs + row * rowTickMs,
}
const firstRowAtMs = Date.UTC(2000, 0, 1)
const rowTickMs = 1_000

/** Reasons that are told apart; what comes beyond them is counted under one name. */
const reasonsAtMost = 50

/**
 * Reads events and labels from the rows of a file, by the definition's own checks: the columns are the event's and the label's fields,
 * or what the definition's `history` makes of them.
 *
 * Rows come in event time. A row that the definition refuses is counted and left out; an id that came before is, too.
 *
 * @throws MillraceError FILE_INVALID for a file without rows or without a wanted column; where it is said to be sorted, for a row that is
 * earlier than the one before it
 */
export function readHistory(pipeline: Pipeline, rows: AsyncIterable<FileRow>, { isSorted }: { readonly isSorted: boolean }): History {
  const counts: History['counts'] = { rows: 0, rejected: {} }
  const reject = (reason: string) => {
    const known = Object.hasOwn(counts.rejected, reason) || Object.keys(counts.rejected).length < reasonsAtMost
    const name = known ? reason : 'other reasons'
    counts.rejected[name] = (counts.rejected[name] ?? 0) + 1
  }
  async function* read(): AsyncGenerator<HistoryEntry> {
    let toFields: ((row: Payload, at: number) => Payload) | undefined
    const seen = new Set<string>()
    let latestMs = Number.NEGATIVE_INFINITY
    for await (const { at, fields } of rows) {
      const row = counts.rows++
      const columns = Object(fields) as Payload
      toFields ??= chooseReader(pipeline, columns)
      const entry = toEntry(pipeline, toFields(columns, row), reject)
      if (!entry) continue
      const id = pipeline.eventId(entry.event)
      if (seen.has(id)) {
        reject('an id that came before')
        continue
      }
      seen.add(id)
      if (isSorted && entry.atMs < latestMs) throw unsorted(at, entry.atMs, latestMs)
      latestMs = entry.atMs
      yield entry
    }
    if (counts.rows === 0) throw new MillraceError('FILE_INVALID', 'the file has no rows; give it a header line and at least one row')
    if (seen.size === 0) throw new MillraceError('FILE_INVALID', `the definition refuses every row: ${toReasons(counts.rejected)}`)
  }
  return { entries: isSorted ? read() : sortEntries(read()), counts, reject }
}

/** Holds all of them in memory; those of the same time keep their order. */
async function* sortEntries(entries: AsyncIterable<HistoryEntry>): AsyncGenerator<HistoryEntry> {
  const all: HistoryEntry[] = []
  for await (const entry of entries) all.push(entry)
  yield* all.sort((a, b) => a.atMs - b.atMs)
}

function toEntry(pipeline: Pipeline, fields: Payload, reject: (reason: string) => void): HistoryEntry | undefined {
  const event = pipeline.parseEvent(fields)
  if (!event.ok) {
    reject(`event ${event.field}: ${event.reason}`)
    return
  }
  if (!pipeline.isScored(event.value)) {
    reject("the definition's filter leaves it out")
    return
  }
  const atMs = pipeline.eventAtMs(event.value)
  const label = pipeline.parseLabel(fields)
  if (label.ok) {
    return {
      event: event.value,
      atMs,
      label: label.value,
      target: pipeline.toTarget(label.value),
      labelAtMs: pipeline.labelAtMs(label.value),
    }
  }
  reject(`label ${label.field}: ${label.reason}`)
  return { event: event.value, atMs, label: undefined, target: Number.NaN, labelAtMs: Number.NaN }
}

/** Reads the columns as they are where they are the definition's fields, else by its `history`. */
function chooseReader({ history }: Pipeline, columns: Payload): (row: Payload, at: number) => Payload {
  const wanted = [...new Set([...history.eventFields, ...history.labelFields])]
  const missing = wanted.filter(name => !Object.hasOwn(columns, name) && !Object.hasOwn(virtualColumns, name))
  if (missing.length > 0) {
    if (history.read) return history.read
    const found = Object.keys(columns).slice(0, 50).join(', ')
    const advice = 'name the columns as the fields of the definition, or give it `history: row => ({ … })`'
    throw new MillraceError('FILE_INVALID', `the file must have the columns ${missing.join(', ')}, it has ${found}; ${advice}`)
  }
  const virtual = wanted.filter(name => !Object.hasOwn(columns, name))
  if (virtual.length === 0) return row => row
  return (row, at) => ({ ...row, ...Object.fromEntries(virtual.map(name => [name, virtualColumns[name](at)])) })
}

function unsorted(at: string, atMs: number, latestMs: number): MillraceError {
  const [is, was] = [atMs, latestMs].map(ms => new Date(ms).toISOString())
  return new MillraceError(
    'FILE_INVALID',
    `rows must be in event time, ${at} is of ${is} after one of ${was}; sort the file, or add --sort`,
  )
}

function toReasons(rejected: Readonly<Record<string, number>>): string {
  return Object.entries(rejected)
    .map(([reason, count]) => `${reason} (${count})`)
    .join('; ')
}

/** Which part of a history is meant; all of it where nothing is said. */
export interface Span {
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  readonly limit?: number | undefined
}

/** The entries of event time from `fromMs` up to, not including, `toMs`; the first `limit` of them. */
export async function* selectSpan(
  entries: AsyncIterable<HistoryEntry>,
  { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY, limit = Number.POSITIVE_INFINITY }: Span,
): AsyncGenerator<HistoryEntry> {
  let count = 0
  for await (const entry of entries) {
    if (entry.atMs >= toMs) return
    if (entry.atMs < fromMs) continue
    yield entry
    if (++count >= limit) return
  }
}
