import type { ColumnProfile } from './column-profile.ts'

/** What an event holds of a column, and whether a file's cells must be turned into it first. */
export interface CellKind {
  readonly kind: 'number' | 'flag' | 'text' | 'nested'
  /** The function of models/history.ts that reads the cells; absent where they are right as they are. */
  readonly reader?: 'toNumber' | 'toText'
}

/** A text column may be taken for numbers if no more of its values than this are something else. */
const otherRatioAtMost = 0.02

/**
 * How a column is read: numbers that came as text or with words for a missing one among them are numbers; codes such as 00501 are text.
 *
 * @example toCellKind(column) // { kind: 'number', reader: 'toNumber' }
 */
export function toCellKind(column: ColumnProfile): CellKind {
  const { valueCount, numberCount, flagCount, nestedCount, numericTextCount, missingWordCount, codeTextCount, hasEmptyText } = column
  if (nestedCount > 0) return { kind: 'nested' }
  if (valueCount > 0 && flagCount === valueCount && !hasEmptyText) return { kind: 'flag' }
  const numeric = numberCount + numericTextCount
  if (numeric > 0 && codeTextCount === 0) {
    if (numberCount === valueCount) return hasEmptyText ? { kind: 'number', reader: 'toNumber' } : { kind: 'number' }
    const isFewCodes = column.values !== undefined && column.values.size <= 50
    const otherCount = valueCount - numeric - missingWordCount
    if (otherCount === 0 || (otherCount <= otherRatioAtMost * valueCount && !isFewCodes)) return { kind: 'number', reader: 'toNumber' }
  }
  const isTextOnly = numberCount + flagCount === 0
  return isTextOnly && !hasEmptyText ? { kind: 'text' } : { kind: 'text', reader: 'toText' }
}

/** Cells of the column that the event holds as missing. */
export function countMissing(column: ColumnProfile, { kind, reader }: CellKind): number {
  if (kind !== 'number' || reader === undefined) return column.missingCount
  return column.missingCount + column.valueCount - column.numberCount - column.numericTextCount
}
