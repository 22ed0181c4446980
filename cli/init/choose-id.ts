import { toCount } from '../progress.ts'
import type { ColumnProfile } from './column-profile.ts'
import { listed, type Note, quoted } from './notes.ts'

export interface IdChoice {
  /** Absent where the file has no id; the row's number then stands for it. */
  readonly column?: ColumnProfile
  /** Columns that number the rows as well: no features. */
  readonly others: readonly ColumnProfile[]
  readonly notes: readonly Note[]
}

const idEnds = /(^|[^A-Za-z])(id|key|uuid|guid|no|nr|number|index)$|identifier/i
const idWithin = /[a-z](Id|ID|Key|No)$|^(id|uuid|guid|key)([^A-Za-z]|[A-Z])/
const isIdName = (name: string) => idEnds.test(name) || idWithin.test(name)

/** A text under any name counts as an id only if it is unique in so many rows. */
const textRowsAtLeast = 200

/** The column that names each event: `--id`, else a unique one, the likeliest by its name. */
export function chooseId(columns: readonly ColumnProfile[], rowCount: number, asked: ColumnProfile | undefined): IdChoice {
  const notes: Note[] = []
  const note = (column: ColumnProfile, text: string) => notes.push({ about: 'id', column: column.name, text })
  const candidates = columns.filter(column => isCandidate(column, rowCount)).sort((a, b) => toRank(a, rowCount) - toRank(b, rowCount))
  const chosen = asked ?? candidates[0]
  for (const column of columns) {
    if (column !== chosen && isIdName(column.name) && column.isUnique === false && (column.values?.size ?? rowCount) > rowCount / 2) {
      note(column, 'is named like an id and comes more than once: not taken')
    }
  }
  const others = candidates.filter(column => column !== chosen)
  if (!chosen) return { others, notes }
  if (asked) {
    if (asked.isUnique === false) note(asked, 'holds values that come more than once: one prediction is kept an id')
    if (asked.missingCount > 0) note(asked, `is missing in ${toCount(asked.missingCount, 'row')}: those events are rejected`)
  } else if (others.length > 0) {
    note(
      chosen,
      `was taken for the id; unique as well: ${listed(
        others.map(other => quoted(other.name)),
        6,
      )}`,
    )
  } else if (toRank(chosen, rowCount) > 0) {
    note(chosen, 'was taken for the id, being unique; its name does not say so')
  }
  return { column: chosen, others, notes }
}

/** Unique in every row, and a text, a whole number under the name of an id, or the row's own number. */
function isCandidate(column: ColumnProfile, rowCount: number): boolean {
  if (rowCount < 2 || column.isUnique !== true || column.missingCount > 0 || column.name === '' || column.clocks.length > 0) return false
  if (column.numberCount === 0) return isIdName(column.name) || (column.numericTextCount < rowCount && rowCount >= textRowsAtLeast)
  return isIdName(column.name) || (column.numberCount === rowCount && isRowNumber(column, rowCount))
}

function isRowNumber({ isInteger, min, max, descentCount }: ColumnProfile, rowCount: number): boolean {
  return isInteger && max - min + 1 === rowCount && descentCount === 0
}

/** 0 for a name that says id, 1 for a unique text, 2 for the number of the row. */
function toRank(column: ColumnProfile, rowCount: number): number {
  return isIdName(column.name) ? 0 : isRowNumber(column, rowCount) ? 2 : 1
}
