import { toNumber } from '#models/cells.ts'
import { MillraceError } from '#models/errors.ts'
import type { FileRow } from '../file-row.ts'
import { type ColumnGatherer, type ColumnProfile, type LabelClass, makeColumnProfile } from './column-profile.ts'
import { toNearest } from './nearest.ts'
import { listed } from './notes.ts'

export interface FileProfile {
  readonly rowCount: number
  /** False where the file goes on after the rows that were looked at. */
  readonly isWhole: boolean
  readonly columns: readonly ColumnProfile[]
  readonly label: ColumnProfile
  /** Stretches of rows with the same class: few where the file is sorted by its label. */
  readonly labelRunCount: number
}

export interface ProfileOptions {
  /** The file's name, for messages. */
  readonly file: string
  readonly label: string
  /** Which label counts as yes, where it has been said. */
  readonly positive?: string | undefined
  readonly positiveAbove?: number | undefined
  /** 200,000 if absent. */
  readonly rowsAtMost?: number
}

const columnsAtMost = 2_000
const uniqueValuesAtMost = 2_000_000 // about 300 MB of Sets at worst: a file of ids only

/**
 * Looks at the first rows of a file, column by column.
 *
 * @throws FILE_INVALID where there are no rows, or rows that are no objects; ARGUMENT_INVALID where there is no such label column
 */
export async function profileFile(rows: AsyncIterable<FileRow>, options: ProfileOptions): Promise<FileProfile> {
  const { file, label, rowsAtMost = 200_000 } = options
  const gatherers = new Map<string, ColumnGatherer>()
  const uniqueBudget = { left: uniqueValuesAtMost }
  const toClass = makeClassifier(options)
  const labelled: [number, number] = [0, 0]
  let rowCount = 0
  let labelRunCount = 0
  let previousClass: LabelClass = null
  let isWhole = true
  for await (const { at, fields } of rows) {
    if (rowCount === rowsAtMost) {
      isWhole = false
      break
    }
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
      throw new MillraceError(
        'FILE_INVALID',
        `${file} ${at}: a row must be an object of columns, got ${JSON.stringify(fields).slice(0, 80)}`,
      )
    }
    const row = fields as Readonly<Record<string, unknown>>
    const labelClass = Object.hasOwn(row, label) ? toClass(row[label]) : null
    if (labelClass !== null) {
      labelled[labelClass]++
      if (labelClass !== previousClass) labelRunCount++
      previousClass = labelClass
    }
    for (const name of Object.keys(row)) {
      let gatherer = gatherers.get(name)
      if (!gatherer) {
        if (gatherers.size === columnsAtMost) throw new MillraceError('FILE_INVALID', `${file} ${at}: more than ${columnsAtMost} columns`)
        gatherer = makeColumnProfile(name, uniqueBudget)
        gatherers.set(name, gatherer)
      }
      gatherer.add(row[name], labelClass)
    }
    rowCount++
  }
  if (rowCount === 0) throw new MillraceError('FILE_INVALID', `${file} holds no rows; init needs at least a few hundred to look at`)
  const columns = [...gatherers].map(([, gatherer]) => gatherer.finish(rowCount, labelled))
  return { rowCount, isWhole, columns, label: findColumn(columns, label, '--label'), labelRunCount }
}

/** @throws ARGUMENT_INVALID that lists the columns and the one that may be meant */
export function findColumn(columns: readonly ColumnProfile[], name: string, flag: string): ColumnProfile {
  const found = columns.find(column => column.name === name)
  if (found) return found
  const names = columns.map(column => column.name)
  const separator = names.length === 1 ? [';', '\t', '|'].find(sign => names[0].includes(sign)) : undefined
  const hint =
    separator === undefined
      ? `the columns are ${listed(names)}${toHint(name, names)}`
      : `the only column is ${JSON.stringify(names[0])}: a CSV file must separate its columns by commas, this one seems to use ${JSON.stringify(separator)}`
  throw new MillraceError('ARGUMENT_INVALID', `${flag} must be a column of the file, got '${name}'; ${hint}`)
}

function toHint(name: string, names: readonly string[]): string {
  const nearest = toNearest(name, names)
  return nearest === undefined ? '' : `; did you mean '${nearest}'?`
}

/** The class of a label: by what was said, else the first value seen against all others; null where it is missing. */
function makeClassifier({ positive, positiveAbove }: ProfileOptions): (value: unknown) => LabelClass {
  const isMissing = (value: unknown) => value === null || value === undefined || value === '' || Number.isNaN(value)
  if (positiveAbove !== undefined) {
    return value => {
      const number = toNumber(value)
      return number === null ? null : number > positiveAbove ? 1 : 0
    }
  }
  if (positive !== undefined) return value => (isMissing(value) ? null : String(value) === positive ? 1 : 0)
  let first: string | undefined
  return value => {
    if (isMissing(value)) return null
    first ??= String(value)
    return String(value) === first ? 0 : 1
  }
}
