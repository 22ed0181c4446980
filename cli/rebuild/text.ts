import type { Wholeness } from '#functions/state/sources.ts'
import { toRecordCount } from '../progress.ts'
import { toTable } from '../table.ts'
import type { RebuildReport } from './run.ts'

/** What a rebuild did, for a terminal. */
export function toRebuildText(
  pipeline: string,
  { layout, isFromArchive, partitions, cutTables, records, wholeness }: RebuildReport,
): string {
  const began = isFromArchive ? '' : '; this layout began by itself, and was only brought up to where preprocess stands'
  const toCount = (count: number) => count.toLocaleString('en')
  return [
    `windows of ${pipeline}, layout ${layout}: ${toRecordCount(records)} of the archive counted${began}`,
    toTable(
      [{ title: 'partition' }, { title: 'from', align: 'right' }, { title: 'up to', align: 'right' }],
      partitions.map(({ source, fromOffset, toOffset }) => [source, toCount(fromOffset), toCount(toOffset)]),
    ),
    toWholenessText(wholeness),
    ...cutTables.map(source => `rows of ${source} that were written before the archive began, and never since, are not known`),
  ].join('\n')
}

/** Since when windows are whole, in a sentence. */
export function toWholenessText({ kind, wholeFromMs }: Wholeness): string {
  const from = wholeFromMs === null ? '' : new Date(wholeFromMs).toISOString()
  switch (kind) {
    case 'none':
      return 'windows hold nothing yet'
    case 'rebuilt':
      return from === '' ? 'windows are whole' : `windows are whole for events from ${from} on: the archive does not reach back further`
    case 'warming':
      return `windows began empty and are whole for events from ${from === '' ? 'a time not known yet' : from} on; to begin from the archive instead, raise revision and rebuild`
    case 'unfinished':
      return 'windows are not whole: a rebuild did not come to its end; run it again'
    case 'lost':
      return 'windows are not whole: the newest snapshot cannot be used; raise revision and rebuild'
    default:
      return kind satisfies never
  }
}
