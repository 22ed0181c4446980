import { MillraceError } from '#models/errors.ts'
import { toCount } from '../progress.ts'
import { type CellKind, toCellKind } from './cell-kind.ts'
import type { ColumnProfile, Scalar } from './column-profile.ts'
import type { FileProfile } from './file-profile.ts'
import { toNearest } from './nearest.ts'
import { listed, type Note, quoted, toPercent } from './notes.ts'
import { toText } from './source-text.ts'

/** The label's part of a definition. */
export interface LabelChoice {
  readonly column: ColumnProfile
  readonly cell: CellKind
  /** Its zod schema and its test, as source; `label` stands for the field. */
  readonly schema: string
  readonly isPositive: (field: string) => string
  /** What counts as yes, in words. */
  readonly meaning: string
  readonly positiveCount: number
  readonly negativeCount: number
  readonly notes: readonly Note[]
}

export interface LabelOptions {
  readonly file: string
  readonly positive?: string | undefined
  readonly positiveAbove?: number | undefined
}

const yesWords = new Set([
  '1',
  'true',
  'yes',
  'y',
  't',
  'up',
  'on',
  'positive',
  'pos',
  'fraud',
  'spam',
  'churn',
  'churned',
  'late',
  'click',
  'default',
])
const noWords = new Set([
  '0',
  'false',
  'no',
  'n',
  'f',
  'down',
  'off',
  'negative',
  'neg',
  'ham',
  'ok',
  'legit',
  'normal',
  'stayed',
  'on time',
])

/**
 * Makes a yes or no of the label column.
 *
 * @throws FILE_INVALID where it holds nothing, or one value only; ARGUMENT_INVALID where it holds more than two and nothing says which is yes
 */
export function chooseLabel({ label: column, rowCount, labelRunCount }: FileProfile, options: LabelOptions): LabelChoice {
  const { file, positive, positiveAbove } = options
  const cell = toCellKind(column)
  const name = quoted(column.name)
  if (column.valueCount === 0)
    throw new MillraceError('FILE_INVALID', `${file}: the label column ${name} is empty in all ${toCount(rowCount, 'row')}`)
  if (cell.kind === 'nested')
    throw new MillraceError('FILE_INVALID', `${file}: the label column ${name} holds lists or objects, not values`)
  if (column.values?.size === 1) {
    const [only] = column.values.keys()
    throw new MillraceError(
      'FILE_INVALID',
      `${file}: the label column ${name} holds one value only, ${quoted(only)}, in the ${toCount(rowCount, 'row')} looked at: nothing to learn`,
    )
  }
  const choice = positiveAbove !== undefined ? above(column, cell, positiveAbove) : oneOfTwo(column, cell, positive)
  const notes = [...choice.notes, ...toNotes(column, choice, { rowCount, labelRunCount })]
  return { column, cell, ...choice, notes }
}

type Choice = Omit<LabelChoice, 'column' | 'cell'>

function above(column: ColumnProfile, { kind }: CellKind, limit: number): Choice {
  const name = quoted(column.name)
  if (kind !== 'number')
    throw new MillraceError('ARGUMENT_INVALID', `--positive-above needs numbers, ${name} holds ${kind}; use --positive VALUE`)
  const [negativeCount, positiveCount] = column.presentCounts
  if (negativeCount === 0 || positiveCount === 0) {
    throw new MillraceError(
      'ARGUMENT_INVALID',
      `--positive-above ${limit} leaves one side empty: ${name} goes from ${column.min} to ${column.max}; choose a number between`,
    )
  }
  return {
    schema: 'number()',
    isPositive: field => `${field} > ${limit}`,
    meaning: `above ${limit}`,
    positiveCount,
    negativeCount,
    notes: [],
  }
}

function oneOfTwo(column: ColumnProfile, { kind }: CellKind, positive: string | undefined): Choice {
  const values = [...(column.values?.keys() ?? [])]
  if (positive !== undefined) {
    if (column.values === undefined) throw tooManyValues(column, kind, values)
    const value = values.find(candidate => String(candidate) === positive)
    if (value === undefined) {
      const nearest = toNearest(positive, values.map(String))
      const hint = nearest === undefined ? '' : `; did you mean ${quoted(nearest)}?`
      throw new MillraceError(
        'ARGUMENT_INVALID',
        `--positive must be a value of ${quoted(column.name)}, got ${quoted(positive)}; they are ${listed(values.map(quoted), 12)}${hint}`,
      )
    }
    const [negativeCount, positiveCount] = column.presentCounts
    return { ...against(kind, values, value), positiveCount, negativeCount, notes: [] }
  }
  if (values.length !== 2) throw tooManyValues(column, kind, values)
  const { value, doubt } = choosePositive(column, values)
  const rowsOf = (wanted: Scalar) => column.values?.get(wanted)?.reduce((sum, count) => sum + count) ?? 0
  const positiveCount = rowsOf(value)
  const notes: Note[] = doubt === undefined ? [] : [{ about: 'label', column: column.name, text: doubt }]
  return { ...against(kind, values, value), positiveCount, negativeCount: column.valueCount - positiveCount, notes }
}

/** The schema and the test of one value against the others. */
function against(kind: CellKind['kind'], values: readonly Scalar[], value: Scalar): Pick<LabelChoice, 'schema' | 'isPositive' | 'meaning'> {
  const meaning = quoted(value)
  if (kind === 'flag') return { schema: 'flag()', isPositive: field => (value === true ? field : `!${field}`), meaning }
  if (kind === 'number') {
    const numbers = values.map(Number)
    const limits = `{ min: ${Math.min(...numbers)}, max: ${Math.max(...numbers)} }`
    return { schema: `number(${limits})`, isPositive: field => `${field} === ${Number(value)}`, meaning: String(value) }
  }
  const texts = values.map(String).sort()
  const schema = texts.length === 2 ? `oneOf([${texts.map(toText).join(', ')}])` : 'text()'
  return { schema, isPositive: field => `${field} === ${toText(String(value))}`, meaning }
}

/** Which of two values is yes: a word for yes, the other of a word for no, the larger number, else the rarer. */
function choosePositive(column: ColumnProfile, values: readonly Scalar[]): { value: Scalar; doubt?: string } {
  const isWord = (value: Scalar, words: ReadonlySet<string>) => words.has(String(value).trim().toLowerCase())
  const yes = values.filter(value => isWord(value, yesWords))
  if (yes.length === 1) return { value: yes[0] }
  const maybe = values.filter(value => !isWord(value, noWords))
  if (maybe.length === 1) return { value: maybe[0] }
  const other = (value: Scalar) => values.find(candidate => candidate !== value) as Scalar
  if (values.every(value => typeof value === 'number')) {
    const value = Math.max(...(values as number[]))
    return { value, doubt: `counts as yes where it is ${value}, the larger of two numbers; --positive ${other(value)} turns it round` }
  }
  const rowsOf = (value: Scalar) => column.values?.get(value)?.reduce((sum, count) => sum + count) ?? 0
  const [value] = [...values].sort((a, b) => rowsOf(a) - rowsOf(b) || (String(a) < String(b) ? 1 : -1))
  return { value, doubt: `counts as yes where it is ${quoted(value)}, the rarer value; --positive ${quoted(other(value))} turns it round` }
}

function tooManyValues(column: ColumnProfile, kind: CellKind['kind'], values: readonly Scalar[]): MillraceError {
  const count = column.values === undefined ? 'more than 5,000' : values.length.toLocaleString('en')
  const shown = values.length === 0 ? '' : ` (${listed(values.map(quoted), 10)})`
  const range = kind === 'number' && values.length > 10 ? `, from ${column.min} to ${column.max}` : ''
  const ways =
    kind === 'number'
      ? '--positive-above X for more than X against the rest, or --positive VALUE for one value'
      : '--positive VALUE for one value against the rest'
  return new MillraceError(
    'ARGUMENT_INVALID',
    `a label must be yes or no, ${quoted(column.name)} holds ${count} values${range}${shown}; say which is yes: ${ways}, or write isPositive by hand`,
  )
}

/** A file in random order has about 2 · n · p · (1 − p) stretches of equal labels; with a tenth of that it is sorted by them, or nearly. */
const runRatioAtMost = 0.1

function toNotes(
  column: ColumnProfile,
  { positiveCount, negativeCount }: Choice,
  { rowCount, labelRunCount }: Pick<FileProfile, 'rowCount' | 'labelRunCount'>,
): Note[] {
  const notes: Note[] = []
  const note = (text: string) => notes.push({ about: 'label', column: column.name, text })
  if (column.missingCount > 0) {
    note(
      `is missing in ${toCount(column.missingCount, 'row')} (${toPercent(column.missingCount, rowCount)}): they are scored and teach nothing`,
    )
  }
  const runsInRandomOrder = (2 * positiveCount * negativeCount) / (positiveCount + negativeCount)
  if (labelRunCount < runRatioAtMost * runsInRandomOrder) {
    note(
      `comes in ${toCount(labelRunCount, 'stretch').replace('stretchs', 'stretches')} of equal values: if the file is sorted by it and not by time, shuffle the file first`,
    )
  }
  const rarer = Math.min(positiveCount, negativeCount)
  if (rarer < 50) note(`has ${toCount(rarer, 'row')} on its rarer side: too few to learn from or to measure by`)
  if (positiveCount < 0.1 * (positiveCount + negativeCount)) {
    note(
      `is yes in ${toPercent(positiveCount, positiveCount + negativeCount)} of the rows: few scores reach decide.positiveAtLeast 0.5; lower it to what a missed yes costs`,
    )
  }
  return notes
}
