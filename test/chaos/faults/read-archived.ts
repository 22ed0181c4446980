import type { ArchiveRow } from '#functions/archive/prediction-row.ts'
import type { ObjectStore } from '#functions/ports.ts'
import { makeArchiveReader, objectsOf } from '../../../cli/replay/archive-reader.ts'

/**
 * Reads all that is archived of a topic by the reading rule: one row for each partition and offset, whichever objects hold it.
 *
 * Rows come in the order of partition and offset.
 */
export async function readArchived(store: Pick<ObjectStore, 'get' | 'list'>, topic: string): Promise<ArchiveRow[]> {
  const reader = makeArchiveReader(store)
  const always = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }
  const rows = new Map<string, ArchiveRow>()
  for (const key of (await reader.listHours(topic)).flatMap(hour => objectsOf(hour, always))) {
    for await (const group of reader.groups(key)) for (const row of group.rows) rows.set(`${row.partition}-${row.offset}`, row)
  }
  return [...rows.values()].sort((a, b) => Number(a.partition) - Number(b.partition) || Number(a.offset) - Number(b.offset))
}
