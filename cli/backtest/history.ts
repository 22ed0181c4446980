import type { Decoded } from '#functions/decode.ts'
import { readEvent } from '#functions/features/decode-event.ts'
import { runDefinition } from '#functions/features/run-definition.ts'
import { MillraceError } from '#models/errors.ts'
import type { EventReader, LabelReader, Memory, Payload, Pipeline } from '#models/pipeline-compiler.ts'
import type { FileRow } from '../file-row.ts'
import { makeReasons, type Reasons, toReasonsText } from './reasons.ts'
import { sortRows, type TimedRow } from './sort-rows.ts'

/** One row of a history: an event, and its label with the time at which it was known. */
export interface HistoryEntry extends TimedRow {
  readonly event: Payload
  /** Undefined where the row's label was refused. */
  readonly label: Payload | undefined
  readonly target: number
  readonly labelAtMs: number
}

/** Rows of a history in event time, and what became of the others. */
export interface History {
  readonly entries: AsyncIterable<HistoryEntry>
  /** Rows read so far, and those that were refused, by reason; a row whose label alone was refused is scored all the same. */
  readCounts(): RowCounts
  /** Counts a row that was read and refused later. */
  reject(reason: string): void
}

/** Rows of a file, and those that were refused, by reason. */
export interface RowCounts {
  readonly rows: number
  readonly rejected: Readonly<Record<string, number>>
}

/** Columns that a definition may ask for and a file need not have: the row's number as an id, and a clock that ticks once a row. */
export const virtualColumns: Readonly<Record<string, (row: number) => string | number>> = {
  rowId: row => String(row),
  rowAtMs: row => firstRowAtMs + row * rowTickMs,
}
const firstRowAtMs = Date.UTC(2000, 0, 1)
const rowTickMs = 1_000

/** What a definition says of the rows of a file. */
type RowReader = EventReader & LabelReader & Pick<Pipeline, 'history'>

/** A column that says when Kafka took a row, where a file has it and the definition does not: clocks are checked against it, as live. */
const arrivalColumn = 'recordedAtMs'

/**
 * Reads events and labels from the rows of a file, by the definition's own checks: the columns are the event's and the label's fields,
 * or what the definition's `history` makes of them.
 *
 * Rows come in event time. A row that the definition refuses is counted and left out; so is an id that came before, unless the definition
 * itself says which repeats are rejected.
 *
 * @throws MillraceError FILE_INVALID for a file without rows or without a wanted column; where it is said to be sorted, for a row that is
 * earlier than the one before it
 */
export function readHistory(
  pipeline: RowReader & Pick<Memory, 'windows'>,
  rows: AsyncIterable<FileRow>,
  options: { readonly isSorted: boolean },
): History {
  const reasons = makeReasons()
  let rowCount = 0
  const judgesRepeats = (pipeline.windows?.repeatAt ?? -1) >= 0
  async function* read(): AsyncGenerator<HistoryEntry> {
    let toFields: ((row: Payload, at: number) => Payload) | undefined
    const seen = new Set<string>()
    let accepted = 0
    for await (const { at, fields } of rows) {
      const row = rowCount++
      const columns = Object(fields) as Payload
      toFields ??= chooseReader(pipeline, columns)
      const entry = toEntry(pipeline, { at, fields: toFields(columns, row), recordedAtMs: toArrival(pipeline, columns) }, reasons)
      if (!entry) continue
      const id = pipeline.eventId(entry.event)
      if (seen.has(id)) {
        reasons.add('an id that came before')
        continue
      }
      if (!judgesRepeats) seen.add(id)
      accepted++
      yield entry
    }
    if (rowCount === 0) throw new MillraceError('FILE_INVALID', 'the file has no rows; give it a header line and at least one row')
    if (accepted === 0) throw new MillraceError('FILE_INVALID', `the definition refuses every row: ${toReasonsText(reasons.read())}`)
  }
  return {
    entries: sortRows(read(), options),
    readCounts: () => ({ rows: rowCount, rejected: reasons.read() }),
    reject: reasons.add,
  }
}

function toArrival({ history }: Pick<Pipeline, 'history'>, columns: Payload): number | undefined {
  const isDeclared = history.eventFields.includes(arrivalColumn) || history.labelFields.includes(arrivalColumn)
  const recordedAtMs = isDeclared || !Object.hasOwn(columns, arrivalColumn) ? undefined : columns[arrivalColumn]
  return typeof recordedAtMs === 'number' ? recordedAtMs : undefined
}

function toEntry(
  pipeline: RowReader,
  { at, fields, recordedAtMs }: { readonly at: string; readonly fields: Payload; readonly recordedAtMs: number | undefined },
  reasons: Reasons,
): HistoryEntry | undefined {
  const event = readEvent(pipeline, fields, { recordedAtMs })
  if (!event.ok) {
    reasons.add(event.code === 'EVENT_INVALID' ? `event ${event.reason}` : event.reason)
    return
  }
  const row = { at, event: event.value, atMs: pipeline.eventAtMs(event.value) }
  const label = readLabel(pipeline, fields)
  if (label.ok) return { ...row, ...label.value }
  reasons.add(`label ${label.reason}`)
  return { ...row, label: undefined, target: Number.NaN, labelAtMs: Number.NaN }
}

/** A label that the definition takes, and when it was known. */
export type KnownLabel = Pick<HistoryEntry, 'target' | 'labelAtMs'> & { readonly label: Payload }

/** A label by the definition's own checks. */
export function readLabel(pipeline: LabelReader, fields: unknown): Decoded<KnownLabel> {
  const label = pipeline.parseLabel(fields)
  if (!label.ok) return { ok: false, code: 'LABEL_INVALID', reason: `${label.field}: ${label.reason}` }
  const target = runDefinition(() => pipeline.toTarget(label.value))
  return target.ok ? { ok: true, value: { label: label.value, target: target.value, labelAtMs: pipeline.labelAtMs(label.value) } } : target
}

/** Reads the columns as they are where they are the definition's fields, else by its `history`. */
function chooseReader({ history }: Pick<Pipeline, 'history'>, columns: Payload): (row: Payload, at: number) => Payload {
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
