import { hashCategory } from '../linear/ftrl/hash.ts'
import type { FeatureValue } from '../pipeline-compiler.ts'
import type { FeatureSpec } from '../training-set.ts'
import { slotCount } from './settings.ts'
import type { LayerRow, LayerShape, Period } from './shape.ts'

/** What is known of a row when it is scored. */
export interface ScoredRow {
  readonly atMs: number
  /** Null where there was no champion. */
  readonly championScore: number | null
  readonly features: readonly FeatureValue[]
}

type Feature = Pick<FeatureSpec, 'name' | 'kind'>

/** The shape of a layer over these features. */
export function toLayerShape(features: readonly Feature[], periods: readonly Period[]): LayerShape {
  const categoryCount = features.filter(({ kind }) => kind === 'category').length
  return { numberCount: features.length - categoryCount, categoryCount, periods }
}

/** Reads rows for a layer, one at a time: each reading overwrites the one before. */
export function makeRowReader(features: readonly Feature[]): (row: ScoredRow) => LayerRow {
  const { numberCount, categoryCount } = toLayerShape(features, [])
  const own = { atMs: 0, championScore: Number.NaN, numbers: new Float64Array(numberCount), slots: new Int32Array(categoryCount) }
  return ({ atMs, championScore, features: values }) => {
    own.atMs = atMs
    own.championScore = championScore ?? Number.NaN
    let number = 0
    let category = 0
    for (let feature = 0; feature < features.length; feature++) {
      const value = values[feature]
      const { name, kind } = features[feature]
      if (kind === 'number') own.numbers[number++] = typeof value === 'number' ? value : Number.NaN
      else own.slots[category++] = typeof value === 'string' ? hashCategory(name, value) % slotCount : -1
    }
    return own
  }
}
