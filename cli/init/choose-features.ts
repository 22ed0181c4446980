import { toCount } from '../progress.ts'
import { type CellKind, countMissing, toCellKind } from './cell-kind.ts'
import type { ColumnProfile } from './column-profile.ts'
import { findLeak } from './find-leak.ts'
import { type Note, toPercent } from './notes.ts'

/** A column that becomes a field of the event and a feature. */
export interface FeatureColumn {
  readonly column: ColumnProfile
  readonly cell: CellKind
  readonly isNullable: boolean
}

export interface FeatureChoice {
  readonly features: readonly FeatureColumn[]
  readonly leftOut: readonly { readonly column: string; readonly why: string }[]
  readonly notes: readonly Note[]
}

const featuresAtMost = 490 // of 500: times of day and week come on top
const logisticCategories = 600

/** Which of the columns a model can learn from, each as a number or a category, and why the others cannot. */
export function chooseFeatures(columns: readonly ColumnProfile[], rowCount: number): FeatureChoice {
  const notes: Note[] = []
  const features: FeatureColumn[] = []
  const leftOut: { column: string; why: string }[] = []
  for (const column of columns) {
    const cell = toCellKind(column)
    const missingCount = countMissing(column, cell)
    const why = whyLeftOut(column, cell, rowCount, missingCount)
    if (why !== undefined) leftOut.push({ column: column.name, why })
    else if (features.length === featuresAtMost) leftOut.push({ column: column.name, why: `more than ${featuresAtMost} columns` })
    else {
      features.push({ column, cell, isNullable: missingCount > 0 })
      notes.push(...toNotes(column, cell, rowCount, missingCount))
    }
  }
  return { features, leftOut, notes }
}

function whyLeftOut(column: ColumnProfile, { kind }: CellKind, rowCount: number, missingCount: number): string | undefined {
  const { name, values, valueCount, longestText } = column
  if (name === '') return 'has no name'
  if (name === '__proto__') return 'is a name that no JavaScript object can hold'
  if (valueCount === 0) return 'is empty in every row'
  if (kind === 'nested') return 'holds lists or objects: make a feature of a part of it by hand'
  if (values?.size === 1 && missingCount === 0) return 'has the same value in every row'
  if (missingCount > 0.98 * rowCount) return `is missing in ${toPercent(missingCount, rowCount)} of the rows`
  if (kind !== 'text') return undefined
  if (longestText > 256) return `is free text of up to ${toCount(longestText, 'character')}: make features of it by hand`
  if (values === undefined)
    return 'has more than 5,000 texts, too many for a category: join a table to it in lookups, or make a feature of a part of it'
  const isNearlyUnique = valueCount < 2 * values.size || (values.size > 50 && valueCount < 5 * values.size)
  return isNearlyUnique ? `has ${toCount(values.size, 'text')} in ${toCount(valueCount, 'row')}, too many for a category` : undefined
}

function toNotes(column: ColumnProfile, cell: CellKind, rowCount: number, missingCount: number): Note[] {
  const notes: Note[] = []
  const note = (about: Note['about'], text: string) => notes.push({ about, column: column.name, text })
  const distinct = column.values?.size ?? Number.POSITIVE_INFINITY
  const leak = findLeak(column)
  if (leak !== undefined) note('leak', `${leak}: if it is known only with the label or after it, take it out of event and features`)
  if (missingCount > 0.5 * rowCount) note('missing', `is missing in ${toPercent(missingCount, rowCount)} of the rows`)
  if (cell.kind === 'number' && cell.reader === undefined && column.isInteger && distinct > 2 && distinct <= 12) {
    note('category', `holds ${distinct} whole numbers, taken as amounts; if they are codes, make it { category: event => String(…) }`)
  }
  if (cell.reader === 'asNumber') {
    const otherCount = column.valueCount - column.numberCount - column.numericTextCount
    const others = otherCount > 0 ? `; ${toCount(otherCount, 'cell')} that do not count as missing` : ''
    note('number', `holds texts that read as numbers${others}`)
  }
  if (cell.reader === 'asText' && column.numberCount > 0) {
    note('category', 'mixes texts and numbers: a category')
  } else if (cell.kind === 'text' && column.numericTextCount + column.codeTextCount === column.valueCount) {
    note('category', 'holds codes of digits: a category, not an amount')
  }
  if (cell.kind === 'text' && distinct > logisticCategories) {
    note(
      'category',
      `has ${toCount(distinct, 'category').replace('categorys', 'categories')}: the logistic trainer keeps the ${logisticCategories} most frequent`,
    )
  }
  return notes
}
