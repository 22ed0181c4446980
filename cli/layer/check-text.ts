import type { Span } from '#functions/layer/recompute.ts'
import { MillraceError } from '#models/errors.ts'
import { topicName } from '#models/topics.ts'
import { toCount, toRecordCount } from '../progress.ts'
import { toTable } from '../table.ts'
import type { ChapterCheck, LayerCheck } from './check.ts'

const spansShown = 10

/** What a check found, for a terminal. */
export function toCheckText(pipeline: string, check: LayerCheck): string {
  const { version, versions, labels, chapters, notArchived, unknownBefore, broken, missing } = check
  const table = toTable(
    [
      { title: 'from' },
      { title: 'to', align: 'right' },
      { title: 'versions', align: 'right' },
      { title: 'records', align: 'right' },
      { title: 'labels', align: 'right' },
      { title: 'made again from the archive' },
    ],
    chapters.map(toCells),
  )
  const lines = [
    `layer of ${pipeline}, version ${version}: ${toCount(versions, 'version')} and ${toCount(labels, 'label')} learnt again`,
    chapters.length === 0 ? 'nothing can be compared: what this version began with is kept no more' : table,
  ]
  if (unknownBefore !== null && chapters.length > 0)
    lines.push(
      `before version ${chapters[0].from} nothing is known any more: ${broken ?? `the snapshot of version ${unknownBefore} is kept no more`}`,
    )
  if (notArchived > 0)
    lines.push(
      `${toCount(notArchived, 'version')} left out, with the end of their chapter: the archive, which is up to a minute behind, does not hold their records yet; run this again`,
    )
  if (missing.length > 0) lines.push(`missing from the archive: ${toSpansText(pipeline, missing)}`)
  return lines.join('\n')
}

function toCells({ from, to, versions, records, labels, isSame }: ChapterCheck): string[] {
  const found = isSame === null ? 'not compared' : isSame ? 'the same to the bit' : 'DIFFERENT'
  return [
    from === null ? 'nothing' : String(from),
    String(to),
    ...[versions, records, labels].map(count => count.toLocaleString('en')),
    found,
  ]
}

function toSpansText(pipeline: string, spans: readonly Span[]): string {
  const texts = spans
    .slice(0, spansShown)
    .map(([partition, first, last]) => `${partition} at ${first === last ? first : `${first} to ${last}`}`)
  const rest = spans.length > spansShown ? `, and ${spans.length - spansShown} spans more` : ''
  return `${topicName(pipeline, 'feedback')}, partition ${texts.join(', ')}${rest}`
}

/** @throws MillraceError FILE_INVALID where the archive lacks records, LAYER_INVALID where the layer is not what its labels make of it */
export function checkSame({ isSame, missing, broken, chapters, notArchived }: LayerCheck): void {
  if (missing.length > 0) {
    const count = missing.reduce((sum, [, first, last]) => sum + last - first + 1, 0)
    const end = isSame ? 'all that could be made again is the same' : 'without them the same layer does not come out'
    throw new MillraceError('FILE_INVALID', `the archive lacks ${toRecordCount(count)} that the layer has learnt: ${end}`)
  }
  const wrong = chapters.filter(({ isSame }) => isSame === false)
  if (wrong.length > 0) {
    const versions = wrong.map(({ to }) => to).join(', ')
    throw new MillraceError('LAYER_INVALID', `the layer is not what its labels make of it: another version ${versions} comes out`)
  }
  if (broken) throw new MillraceError('LAYER_INVALID', broken)
  if (isSame) return
  const reason = notArchived > 0 ? 'its records are not archived yet; run this again' : 'what it began with is kept no more'
  throw new MillraceError('PREREQUISITE_MISSING', `the layer could not be compared: ${reason}`)
}
