import type { FeatureValue } from './pipeline-compiler.ts'
import { toCategories } from './rows.ts'
import type { FeatureBlock, FeatureSpec } from './training-set.ts'

/**
 * One feature of many rows, as it travelled: `values[row]` is a number or, where there are `categories`, a code into them.
 *
 * NaN means missing, which travels as null; no number that travels is NaN. 8 bytes a row, where an array of rows takes 40 and more.
 */
export interface FeatureColumn {
  readonly values: Float64Array
  readonly categories?: readonly string[]
}

/** Values gathered before they become one array. */
const partLength = 65_536

/** Gathers a column value by value, for rows whose number is not known; `finish` gives the column and keeps nothing. */
export function makeColumnBuilder(kind: FeatureSpec['kind']): { add(value: FeatureValue): void; finish(): FeatureColumn } {
  const codes = kind === 'category' ? new Map<string, number>() : undefined
  let parts: Float64Array[] = []
  let length = 0
  const codeOf = (category: string, codes: Map<string, number>) => {
    const code = codes.get(category) ?? codes.size
    if (code === codes.size) codes.set(category, code)
    return code
  }
  return {
    add(value) {
      const at = length % partLength
      if (at === 0) parts.push(new Float64Array(partLength))
      length++
      const part = parts[parts.length - 1]
      if (typeof value === 'string') part[at] = codes ? codeOf(value, codes) : Number.NaN
      else part[at] = codes ? Number.NaN : (value ?? Number.NaN)
    },
    finish() {
      const values = new Float64Array(length)
      parts.forEach((part, index) => {
        values.set(part.subarray(0, length - index * partLength), index * partLength)
      })
      parts = []
      length = 0
      return codes ? { values, categories: [...codes.keys()] } : { values }
    },
  }
}

/** Feature vectors as columns. @example toColumns(pipeline.features, [pipeline.toFeatures(event)]) */
export function toColumns(
  features: readonly Pick<FeatureSpec, 'kind'>[],
  rows: Iterable<readonly FeatureValue[]>,
): readonly FeatureColumn[] {
  const builders = features.map(({ kind }) => makeColumnBuilder(kind))
  for (const row of rows) for (let feature = 0; feature < builders.length; feature++) builders[feature].add(row[feature])
  return builders.map(builder => builder.finish())
}

/** The feature vectors of the rows from `from` up to, not including, `to`. */
export function toRows(columns: readonly FeatureColumn[], from: number, to: number): FeatureValue[][] {
  return Array.from({ length: to - from }, (_, row) => columns.map(column => valueAt(column, from + row)))
}

function valueAt({ values, categories }: FeatureColumn, row: number): FeatureValue {
  if (Number.isNaN(values[row])) return null
  return categories ? categories[values[row]] : values[row]
}

/** The dictionary of a category column's first rows, as `toCategories` gives it; empty for a number. */
export function categoriesOf({ values, categories }: FeatureColumn, rowCount: number): string[] {
  if (!categories) return []
  const codes = new Set(values.subarray(0, rowCount))
  return toCategories(categories.filter((_, code) => codes.has(code)))
}

/** The block that models read, as the row encoder of the same features makes it of the same rows; of the chosen rows alone, where some are. */
export function encodeColumns(features: readonly FeatureSpec[], columns: readonly FeatureColumn[], rows?: Int32Array): FeatureBlock {
  const featureCount = features.length
  const rowCount = rows?.length ?? columns[0]?.values.length ?? 0
  const block = new Float32Array(rowCount * featureCount)
  columns.forEach((column, feature) => {
    const dictionary = new Map(features[feature].categories.map((category, code) => [category, code]))
    const codes = column.categories?.map(category => dictionary.get(category) ?? Number.NaN)
    for (let row = 0, at = feature; row < rowCount; row++, at += featureCount) {
      const value = column.values[rows ? rows[row] : row]
      block[at] = codes && !Number.isNaN(value) ? codes[value] : value
    }
  })
  return { values: block, rowCount, featureCount }
}
