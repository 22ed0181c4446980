import { type Note, quoted, toCount, toPercent } from './notes.ts'
import type { Proposal } from './propose.ts'

export interface InitFacts {
  readonly data: string
  /** The definition's path, from where the command runs. */
  readonly out: string
  readonly rowCount: number
}

/** What `--json` prints. */
export function toJsonReport(proposal: Proposal, { data, out, rowCount }: InitFacts) {
  const { name, id, time, label, event, features, leftOut, notes } = proposal
  return {
    name,
    data,
    out,
    rowCount,
    id,
    time,
    label,
    event: Object.fromEntries(event.map(({ name: field, source }) => [field, source])),
    features: features.map(({ name: feature, source }) => ({ name: feature, kind: source.startsWith('{') ? 'category' : 'number' })),
    leftOut,
    unsure: notes,
  }
}

/** What was written, what it was unsure of, and what to run next. */
export function toTextReport(proposal: Proposal, { data, out, rowCount }: InitFacts): string {
  const { id, time, label, features, leftOut, notes } = proposal
  const categoryCount = features.filter(({ source }) => source.startsWith('{')).length
  const labelled = label.positiveCount + label.negativeCount
  const lines = [
    `wrote ${out} from ${toCount(rowCount, 'row')} of ${data}`,
    `  id ${id}, time ${time}`,
    `  label ${quoted(label.column)} is ${label.meaning}: ${toPercent(label.positiveCount, labelled)} of ${toCount(labelled, 'row')}`,
    `  ${toCount(features.length, 'feature')}, ${categoryCount} of them categories`,
    ...toSection(
      'Left out',
      leftOut.map(({ column, why }) => `${quoted(column)} ${why}`),
    ),
    ...toSection('Look at these', notes.map(toNoteLine)),
    '',
    `Next: npm run millrace -- backtest --pipeline ${out} --data ${data}`,
  ]
  return `${lines.join('\n')}\n`
}

function toNoteLine({ about, column, text }: Note): string {
  return column === null ? `${about}: ${text}` : `${about}: ${quoted(column)} ${text}`
}

function toSection(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', title, ...items.map(item => `  ${item}`)]
}
