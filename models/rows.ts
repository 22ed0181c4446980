import type { FeatureValue } from './pipeline-compiler.ts'
import type { FeatureBlock, FeatureSpec } from './training-set.ts'

/** Turns feature vectors as they travel into the block that models read. */
export type RowEncoder = (rows: readonly (readonly FeatureValue[])[]) => FeatureBlock

/**
 * Makes the encoder of a feature layout: numbers as float32, categories as codes, missing and unknown as NaN.
 *
 * The same function serves training and live scoring, so that a row is the same to both.
 */
export function makeRowEncoder(features: readonly FeatureSpec[]): RowEncoder {
  const codes = features.map(({ kind, categories }) =>
    kind === 'category' ? new Map(categories.map((category, code) => [category, code])) : undefined,
  )
  const featureCount = features.length
  return rows => {
    const values = new Float32Array(rows.length * featureCount)
    let at = 0
    for (const row of rows) {
      for (let feature = 0; feature < featureCount; feature++) {
        const value = row[feature]
        const dictionary = codes[feature]
        if (dictionary) values[at++] = dictionary.get(value as string) ?? Number.NaN
        else values[at++] = typeof value === 'number' ? value : Number.NaN
      }
    }
    return { values, rowCount: rows.length, featureCount }
  }
}

/**
 * The dictionary of a category column: its distinct values in the order of their names, so that it does not depend on row order.
 *
 * @example toCategories(['JFK', null, 'ATL', 'JFK']) // ['ATL', 'JFK']
 */
export function toCategories(values: Iterable<FeatureValue>): string[] {
  const distinct = new Set<string>()
  for (const value of values) if (typeof value === 'string') distinct.add(value)
  return [...distinct].sort()
}
