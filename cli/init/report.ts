import { toCount } from '../progress.ts'
import { listed, type Note, quoted, toPercent } from './notes.ts'
import type { Proposal } from './propose.ts'
import { labelMemoryFeatures } from './to-source.ts'

/** Lines of notes of one kind. */
const linesAtMost = 6

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
    layer: 'on',
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
  const memoryCount = labelMemoryFeatures(proposal).length
  const labelled = label.positiveCount + label.negativeCount
  const lines = [
    `wrote ${out} from ${toCount(rowCount, 'row')} of ${data}`,
    `  id ${id}, time ${time}`,
    `  label ${quoted(label.column)} is ${label.meaning}: ${toPercent(label.positiveCount, labelled)} of ${toCount(labelled, 'row')}`,
    `  ${toCount(features.length + memoryCount, 'feature')}, ${categoryCount} of them categories, ${memoryCount} the latest labels`,
    "  layer on: it learns each label as it comes, between trainings; layer: 'off' in the definition for none",
    ...toSection('Left out', toGroups(leftOut.map(({ column, why }) => ({ column, text: why })))),
    ...toSection('Look at these', toNoteLines(notes)),
    '',
    `Next: npm run millrace -- backtest --pipeline ${toArgument(out)} --data ${toArgument(data)}${proposal.isSorted ? '' : ' --sort'}`,
  ]
  return `${lines.join('\n')}\n`
}

/** One line for each text, with the columns that it is said of. */
function toGroups(items: readonly Pick<Note, 'column' | 'text'>[]): string[] {
  const columns = new Map<string, string[]>()
  for (const { column, text } of items) columns.set(text, [...(columns.get(text) ?? []), ...(column === null ? [] : [quoted(column)])])
  return [...columns].map(([text, names]) => (names.length === 0 ? text : `${listed(names, 6)}${names.length > 1 ? ': each' : ''} ${text}`))
}

/** The notes by what they are about, a few of each. */
function toNoteLines(notes: readonly Note[]): string[] {
  const abouts = [...new Set(notes.map(({ about }) => about))]
  return abouts.flatMap(about => {
    const lines = toGroups(notes.filter(note => note.about === about))
    const rest = lines.length - linesAtMost
    const shown = lines.slice(0, linesAtMost).map(line => `${about}: ${line}`)
    return rest > 0 ? [...shown, `${about}: ${rest} more, which --json lists`] : shown
  })
}

function toSection(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', title, ...items.map(item => `  ${item}`)]
}

/** A path as a shell takes it. */
function toArgument(path: string): string {
  return /^[\w./@%+,:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
