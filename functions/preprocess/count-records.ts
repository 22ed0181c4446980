import type { Pipeline } from '#models/pipeline-compiler.ts'
import { type Op, toOp, toRemoval } from '#models/windows/op.ts'
import type { OffsetOp } from '#models/windows/op-columns.ts'
import type { SourcePlan } from '#models/windows/plan.ts'
import { decodeJson } from '../decode.ts'
import type { KafkaRecord } from '../ports.ts'
import { noCounts, type StateCounts, type WindowState } from '../state/window-state.ts'

/** What became of records that only feed windows. */
export interface CountedRecords {
  readonly counted: number
  /** Records that cannot be read, or that no window counts. `join` rejects labels; here they are left out. */
  readonly ignored: number
  readonly state: StateCounts
}

/** Counts labels, and the records of other inputs, in windows and joins, partition by partition. */
export async function countRecords(parts: {
  readonly pipeline: Pipeline
  readonly state: WindowState | undefined
  readonly records: readonly KafkaRecord[]
}): Promise<CountedRecords> {
  const { pipeline, state, records } = parts
  if (!state || !pipeline.windows) return { counted: 0, ignored: records.length, state: noCounts() }
  const batch = new Map<string, OffsetOp[]>()
  let counted = 0
  for (const record of records) {
    const source = pipeline.windows.sources.find(({ name }) => record.topic === `${pipeline.name}.${name}`)
    const op = source && readOp(pipeline, source, record)
    if (!op) continue
    counted++
    const place = `${record.topic}-${record.partition}`
    const ops = batch.get(place)
    if (ops) ops.push({ offset: record.offset, op })
    else batch.set(place, [{ offset: record.offset, op }])
  }
  return { counted, ignored: records.length - counted, state: batch.size > 0 ? await state.count(batch) : noCounts() }
}

/** What windows count of a record that is no event; undefined where it cannot be read. */
export function readOp(pipeline: Pipeline, source: SourcePlan, record: KafkaRecord): Op | undefined {
  const input = pipeline.inputs.find(({ name }) => name === source.name)
  const key = record.key?.toString()
  if (record.value === null && input?.isTable && key !== undefined) return toRemoval(source, key)
  const json = decodeJson(record)
  if (!json.ok) return undefined
  const parsed = input ? input.parse(json.value) : pipeline.parseLabel(json.value)
  if (!parsed.ok) return undefined
  const hasClock = !input?.isTable // a table's rows have none that could be wrong
  if (hasClock && pipeline.clockSkew(source.timeOf(parsed.value), record.recordedAtMs) !== undefined) return undefined
  try {
    return toOp(source, parsed.value, key)
  } catch {
    return undefined // a function of the definition threw
  }
}
