import { toTable } from '../table.ts'
import type { Difference, DifferenceCounts } from './difference.ts'

/** The difference for a person: the sums in words, then a table by model. */
export function toDifferenceText(difference: Difference, gone: readonly string[]): string {
  const { identical, sameScore, changed, flipped, goneNow, newNow, neither, byModel } = difference
  const lines: [count: number, text: string][] = [
    [identical, 'the same to the byte'],
    [sameScore, 'the same score and decision in other bytes'],
    [changed, changed === 0 ? 'changed' : `changed: ${flipped.toLocaleString('en')} with another decision${toGapText(difference)}`],
    [goneNow, 'predicted then and not now'],
    [newNow, 'predicted now and not then'],
    [neither, 'predicted neither then nor now'],
  ]
  const width = Math.max(...lines.map(([count]) => count.toLocaleString('en').length))
  const said = lines.map(([count, text]) => `  ${count.toLocaleString('en').padStart(width)}  ${text}`)
  if (gone.length > 0) said.push(`compared without what ${gone.join(', ')} gave beside the counting score: cannot serve any more`)
  return [...said, '', toModelTable(byModel)].join('\n')
}

function toGapText({ maxGap, meanGap }: DifferenceCounts): string {
  return maxGap === null ? '' : `; |score now - score then| at most ${toGap(maxGap)}, ${toGap(meanGap)} in the mean of all`
}

function toModelTable(byModel: Difference['byModel']): string {
  const right = (title: string) => ({ title, align: 'right' as const })
  const columns = [
    { title: 'model then' },
    { title: 'model now' },
    ...['records', 'identical', 'same score', 'changed', 'flipped', 'gone', 'new', 'max gap', 'mean gap'].map(right),
  ]
  const rows = byModel.map(({ modelThen, modelNow, records, identical, sameScore, changed, flipped, goneNow, newNow, maxGap, meanGap }) => [
    modelThen ?? 'none',
    modelNow ?? 'none',
    ...[records, identical, sameScore, changed, flipped, goneNow, newNow].map(count => count.toLocaleString('en')),
    toGap(maxGap),
    toGap(meanGap),
  ])
  return toTable(columns, rows)
}

/** Four digits that count: a gap may be a rounding of 1e-8. */
function toGap(gap: number | null): string {
  if (gap === null) return '-'
  return gap === 0 ? '0' : gap.toPrecision(4)
}
