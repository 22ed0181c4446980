import type { FeatureValue } from '#models/pipeline-compiler.ts'
import { toTable } from '../table.ts'
import type { Example, FeatureDifference } from './difference.ts'
import type { ParityReport } from './run.ts'

/** The report for a person: the sums in words, a table of the features that differ, and the first rows that nothing explains. */
export function toParityText(report: ParityReport): string {
  const { features, compared, equalRows, unexplainedRows } = report
  const differing = features.filter(({ equal, rows }) => equal < rows)
  const equalCount = features.length - differing.length
  const lines = [
    `${toCount(compared)} rows compared, ${knowledgeTexts[report.knowledge]}`,
    `${toCount(equalRows)} rows the same to the bit; ${toCount(unexplainedRows)} with a difference that nothing explains`,
    ...toSkipped(report),
    `${equalCount} of ${features.length} features the same to the bit in all rows`,
  ]
  if (differing.length === 0) return lines.join('\n')
  const firsts = differing.flatMap(({ name, examples: [first] }) => (first && !first.isExplained ? [toLine(name, first)] : []))
  const more = firsts.length > examplesAtMost ? [`… and of ${firsts.length - examplesAtMost} more features: --json FILE has all`] : []
  return [
    ...lines,
    ...toAhead(report),
    '',
    toFeatureTable(differing),
    ...(firsts.length > 0 ? [''] : []),
    ...firsts.slice(0, examplesAtMost),
    ...more,
  ].join('\n')
}

const examplesAtMost = 8

const knowledgeTexts = {
  exact: 'made again from the archive with what each event had seen by the log of the state table',
  'event-time': 'made again from the archive with every label and record of an input of before the event',
} as const

function toSkipped({ refusedNow, notPredicted, otherLayout, forgotten, notArchived }: ParityReport): string[] {
  const counts: [count: number, text: string][] = [
    [refusedNow, 'predicted then, and refused now by the definition'],
    [notPredicted, 'not compared: no archived prediction'],
    [otherLayout, 'not compared: predicted by another feature layout'],
    [forgotten, 'not compared: what they had seen is no longer in the state table'],
    [notArchived, 'not compared: they had seen records that are not in the archive'],
  ]
  return counts.filter(([count]) => count > 0).map(([count, text]) => `${toCount(count)} ${text}`)
}

function toAhead({ lookAhead }: ParityReport): string[] {
  if (!lookAhead) return []
  const { aheadMs, values, of } = lookAhead
  const share = values === of ? `all ${toCount(of)}` : `${toCount(values)} of ${toCount(of)}`
  return [
    `a look-ahead: labels and streams counted ${aheadMs / 1_000} s before their time give ${share} unexplained values as they were logged`,
  ]
}

function toFeatureTable(features: readonly FeatureDifference[]): string {
  const titles = ['rows', 'equal', 'tolerated', 'not there yet', 'unexplained', 'mean gap', 'largest gap']
  const columns = [{ title: 'feature' }, ...titles.map(title => ({ title, align: 'right' as const }))]
  const rows = features.map(({ name, rows, equal, withinTolerance, notThereYet, unexplained, meanGap, maxGap }) => [
    name,
    ...[rows, equal, withinTolerance, notThereYet, unexplained].map(toCount),
    toGap(meanGap),
    toGap(maxGap),
  ])
  return toTable(columns, rows)
}

function toLine(name: string, { id, partition, offset, atMs, logged, recomputed }: Example): string {
  const place = `${new Date(atMs).toISOString()}, partition ${partition}, offset ${offset}`
  return `${name} of ${id} (${place}): logged ${toText(logged)}, now ${toText(recomputed)}`
}

function toText(value: FeatureValue): string {
  return JSON.stringify(value)
}

function toCount(count: number): string {
  return count.toLocaleString('en')
}

function toGap(gap: number | null): string {
  return gap === null ? '-' : gap.toPrecision(4)
}
