import type { ColumnProfile } from './column-profile.ts'

/** What an event holds of a column, and whether a file's cells must be turned into it first. */
export interface CellKind {
  readonly kind: 'number' | 'flag' | 'text' | 'nested'
  /** The function of models/cells.ts that reads the cells; absent where they are right as they are. */
  readonly reader?: 'asNumber' | 'asText'
}

/** A text column may be taken for numbers if no more of its values than this are something else. */
const otherRatioAtMost = 0.02

/**
 * How a column is read: numbers that came as text or with words for a missing one among them are numbers; codes such as 00501 are text.
 *
 * @example toCellKind(column) // { kind: 'number', reader: 'asNumber' }
 */
export function toCellKind(column: ColumnProfile): CellKind {
  const { valueCount, numberCount, flagCount, nestedCount, numericTextCount, missingWordCount, codeTextCount, hasEmptyCell } = column
  if (nestedCount > 0) return { kind: 'nested' }
  if (valueCount > 0 && flagCount === valueCount && !hasEmptyCell) return { kind: 'flag' }
  const numeric = numberCount + numericTextCount
  if (numeric > 0 && codeTextCount === 0) {
    if (numberCount === valueCount) return hasEmptyCell ? { kind: 'number', reader: 'asNumber' } : { kind: 'number' }
    const isFewCodes = column.values !== undefined && column.values.size <= 50
    const otherCount = valueCount - numeric - missingWordCount
    if (otherCount === 0 || (otherCount <= otherRatioAtMost * valueCount && !isFewCodes)) return { kind: 'number', reader: 'asNumber' }
  }
  const isTextOnly = numberCount + flagCount === 0
  return isTextOnly && !hasEmptyCell ? { kind: 'text' } : { kind: 'text', reader: 'asText' }
}

/** The schema as source, with the reader around it where there is one. */
export function withReader({ reader }: CellKind, schema: string): string {
  return reader === undefined ? schema : `${reader}(${schema})`
}

/** Cells of the column that the event holds as missing. */
export function countMissing(column: ColumnProfile, { kind, reader }: CellKind): number {
  if (kind !== 'number' || reader === undefined) return column.missingCount
  return column.missingCount + column.valueCount - column.numberCount - column.numericTextCount
}
