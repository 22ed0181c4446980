import type { Memory } from '#models/pipeline-compiler.ts'
import type { OffsetOp } from '#models/windows/op-columns.ts'
import type { KafkaRecord, Step } from '../ports.ts'
import { noCounts, type StateCounts, type WindowState } from '../state/window-state.ts'
import { withoutZeros } from '../without-zeros.ts'
import { decodeOp, type InputReader } from './decode-op.ts'

/** What became of records that only feed windows. */
export interface CountedRecords {
  readonly counted: number
  /** Records that cannot be read, or that no window counts. `join` rejects labels; here they are left out. */
  readonly ignored: number
  readonly state: StateCounts
}

/** Counts labels, and the records of other inputs, in windows and joins, partition by partition. */
export async function countRecords(parts: {
  readonly pipeline: InputReader & Pick<Memory, 'windows'> & { readonly name: string }
  readonly state: WindowState | undefined
  readonly records: readonly KafkaRecord[]
}): Promise<CountedRecords> {
  const { pipeline, state, records } = parts
  if (!state || !pipeline.windows) return { counted: 0, ignored: records.length, state: noCounts() }
  const sources = new Map(pipeline.windows.sources.map(source => [`${pipeline.name}.${source.name}`, source]))
  const ops = records.flatMap((record): PlacedOp[] => {
    const source = sources.get(record.topic)
    const op = source && decodeOp(pipeline, source, record)
    return op?.ok ? [{ place: `${record.topic}-${record.partition}`, offset: record.offset, op: op.value }] : []
  })
  const batch = Map.groupBy(ops, ({ place }) => place)
  return { counted: ops.length, ignored: records.length - ops.length, state: batch.size > 0 ? await state.count(batch) : noCounts() }
}

/** A step that only counts: the labels, of which `join` makes feedback beside it. */
export function makeCountRecords({
  pipeline,
  state,
}: {
  readonly pipeline: Parameters<typeof countRecords>[0]['pipeline']
  readonly state: WindowState
}): Step {
  return async records => {
    const { state: counts, ...own } = await countRecords({ pipeline, state, records })
    return { counts: withoutZeros({ ...own, ...counts }) }
  }
}

interface PlacedOp extends OffsetOp {
  /** The partition, as the state names it. */
  readonly place: string
}
