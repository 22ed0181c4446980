import type { HistoryRecord, PartitionHistory } from './history.ts'

/** A record and the partition that it is of. */
export interface Placed {
  readonly record: HistoryRecord
  readonly history: PartitionHistory
}

/** All records of a source by a key that is read of them, in event time, those of one time as they arrived; made when it is first asked for. */
export function makeIndex(
  histories: readonly PartitionHistory[],
  readKey: (record: HistoryRecord, place: number) => string | null | undefined,
) {
  const indexes = new Map<string, Map<string, Placed[]>>()
  return (source: number, place: number): ReadonlyMap<string, readonly Placed[]> => {
    const name = `${source} ${place}`
    const known = indexes.get(name)
    if (known) return known
    const index = new Map<string, Placed[]>()
    for (const history of histories.filter(({ kind }) => kind === source)) {
      for (const record of history.records) {
        const key = record.isCounted ? readKey(record, place) : undefined
        if (key === null || key === undefined) continue
        const list = index.get(key)
        if (list) list.push({ record, history })
        else index.set(key, [{ record, history }])
      }
    }
    for (const list of index.values())
      list.sort((a, b) => a.record.op.atMs - b.record.op.atMs || a.record.arrivedAtMs - b.record.arrivedAtMs)
    indexes.set(name, index)
    return index
  }
}
