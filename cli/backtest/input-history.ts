import { type InputReader, readOp } from '#functions/features/decode-op.ts'
import { isCounted, makeJudge } from '#functions/features/judge.ts'
import { MillraceError } from '#models/errors.ts'
import { toTimeMs } from '#models/history.ts'
import type { InputPlan, Memory, Payload } from '#models/pipeline-compiler.ts'
import { type Op, toRemoval } from '#models/windows/op.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import type { FileRow } from '../file-row.ts'
import type { RowCounts } from './history.ts'
import { makeReasons, type Reasons, toReasonsText } from './reasons.ts'
import { sortRows, type TimedRow } from './sort-rows.ts'

/** A record of an input; events of its time or later find it. */
export interface InputEntry extends TimedRow {
  /** Place of the input among the sources of the plan. */
  readonly kind: number
  readonly op: Op
}

/** The records of one input in the order in which they became known. */
export interface InputHistory {
  readonly name: string
  readonly file: string
  readonly entries: AsyncIterable<InputEntry>
  readCounts(): RowCounts
}

/** A file of an input's records. */
export interface InputFile {
  /** Which input of the definition. */
  readonly name: string
  readonly file: string
  readonly rows: AsyncIterable<FileRow>
  /** Of a table: the column that is the key of the Kafka record. */
  readonly keyColumn?: string | undefined
  /** The column that says when a record was known. */
  readonly timeColumn?: string | undefined
}

export const defaultKeyColumn = 'key'
const arrivalColumn = 'recordedAtMs'

/**
 * Reads an input from the rows of a file: columns are the input's fields.
 *
 * A record of a stream is known at its own time, or at that of `timeColumn`; it is late by the rows before it, as in one partition. A row
 * of a table has a key and a time at which it was written, in columns of their own, and takes its key's row away where all its fields
 * are empty. What the definition refuses is counted and left out.
 *
 * @throws MillraceError FILE_INVALID for a file without rows, without a wanted column, or in which every row is refused
 */
export function readInput(pipeline: InputReader & Memory, input: InputFile, options: { readonly isSorted: boolean }): InputHistory {
  const { name, file, rows } = input
  const reasons = makeReasons()
  let rowCount = 0
  const toEntry = makeReader(pipeline, input)
  async function* read(): AsyncGenerator<InputEntry> {
    let accepted = 0
    for await (const { at, fields } of rows) {
      rowCount++
      const entry = toEntry(`${file} ${at}`, Object(fields) as Payload, reasons)
      if (!entry) continue
      accepted++
      yield entry
    }
    if (rowCount === 0) throw new MillraceError('FILE_INVALID', `${file} has no rows; leave input ${name} out with --without-inputs`)
    if (accepted === 0)
      throw new MillraceError('FILE_INVALID', `input ${name} refuses every row of ${file}: ${toReasonsText(reasons.read())}`)
  }
  const entries = countInTime(pipeline.windows!.lateness, sortRows(read(), options), reasons)
  return { name, file, entries, readCounts: () => ({ rows: rowCount, rejected: reasons.read() }) }
}

/** Leaves out what is too late by the records before it, as windows do; it is counted. */
export async function* countInTime(
  lateness: WindowPlan['lateness'],
  entries: AsyncIterable<InputEntry>,
  reasons: Reasons,
): AsyncGenerator<InputEntry> {
  const judge = makeJudge(lateness)
  for await (const entry of entries) {
    const { atMs } = entry.op
    if (!isCounted(judge.timingOf(atMs), false)) {
      reasons.add(`more than ${lateness.allowedMs} ms older than the newest row before it`)
      continue
    }
    judge.take(atMs)
    yield entry
  }
}

type ReadEntry = (at: string, columns: Payload, reasons: Reasons) => InputEntry | undefined

function makeReader(pipeline: InputReader & Memory, { name, file, keyColumn = defaultKeyColumn, timeColumn }: InputFile): ReadEntry {
  const plan = pipeline.inputs.find(input => input.name === name)!
  const kind = pipeline.windows!.sources.findIndex(source => source.name === name)
  const source = pipeline.windows!.sources[kind]
  const knownColumn = timeColumn ?? (plan.isTable ? arrivalColumn : undefined)
  const wanted = [...(plan.isTable ? [keyColumn] : []), ...(knownColumn === undefined ? [] : [knownColumn])]
  let isChecked = false
  return (at, columns, reasons) => {
    if (!isChecked) checkColumns({ name, file }, columns, wanted)
    isChecked = true
    const key = plan.isTable ? toKey(own(columns, keyColumn)) : undefined
    if (plan.isTable && key === undefined) return void reasons.add(`${keyColumn}: the key is empty`)
    const knownAtMs = knownColumn === undefined ? undefined : toClock(own(columns, knownColumn))
    if (knownAtMs === null) return void reasons.add(`${knownColumn}: no time in milliseconds or ISO 8601`)
    if (plan.isTable && isRemoval(plan, columns)) return { at, atMs: knownAtMs!, kind, op: toRemoval(source, key!) }
    const recordedAtMs = plan.fields.includes(arrivalColumn) ? undefined : (toClock(own(columns, arrivalColumn)) ?? undefined)
    const op = readOp(pipeline, source, columns, { key, recordedAtMs })
    if (!op.ok) return void reasons.add(op.reason)
    return { at, atMs: knownAtMs ?? op.value.atMs, kind, op: op.value }
  }
}

function checkColumns({ name, file }: Pick<InputFile, 'name' | 'file'>, columns: Payload, wanted: readonly string[]): void {
  const missing = wanted.filter(column => !Object.hasOwn(columns, column))
  if (missing.length === 0) return
  const found = Object.keys(columns).slice(0, 50).join(', ')
  const advice = `name others with --input-key ${name}=COLUMN and --input-time ${name}=COLUMN`
  throw new MillraceError('FILE_INVALID', `${file} must have the columns ${missing.join(', ')}, it has ${found}; ${advice}`)
}

const own = (columns: Payload, name: string) => (Object.hasOwn(columns, name) ? columns[name] : undefined)

function toKey(value: unknown): string | undefined {
  return ['string', 'number', 'boolean'].includes(typeof value) && value !== '' ? String(value) : undefined
}

function toClock(value: unknown): number | null {
  return toTimeMs(value, 'ms') ?? toTimeMs(value, 'iso')
}

/** A record without a value, as a file can write it. */
function isRemoval({ fields }: InputPlan, columns: Payload): boolean {
  return fields.length > 0 && fields.every(field => [undefined, null, ''].includes(own(columns, field) as string))
}
