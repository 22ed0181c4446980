import { pipeline } from '#models/pipeline.ts'
import { toOp } from '#models/windows/op.ts'
import type { HistoryRecord, PartitionHistory } from '../../../cli/parity/history.ts'
import { flight, landing } from '../../fixtures.ts'

export const plan = pipeline.windows!

/** A partition of events or labels, whose records arrive at these times. */
export function historyOf(
  name: 'events' | 'labels',
  records: readonly (Partial<HistoryRecord> & { readonly atMs: number })[],
  partition = 0,
) {
  const kind = plan.sources.findIndex(source => source.name === name)
  const toRecord = ({ atMs, ...record }: (typeof records)[number], offset: number): HistoryRecord => {
    const payload = name === 'events' ? { ...flight, departedAtMs: atMs } : { ...landing, landedAtMs: atMs }
    return { offset, arrivedAtMs: atMs, isCounted: true, op: toOp(plan.sources[kind], payload), ...record }
  }
  return {
    source: `flights.${name}-${partition}`,
    kind,
    isTable: false,
    partition,
    records: records.map(toRecord),
  } satisfies PartitionHistory
}

/** An event at that time, whose features are wanted. */
export function wantedEvent(atMs: number, changes: Partial<HistoryRecord> = {}) {
  const event = { ...flight, departedAtMs: atMs }
  return { ...historyOf('events', [{ atMs, ...changes }]).records[0], event }
}
