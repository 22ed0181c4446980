import type { FeatureSpec } from '../training-set.ts'
import type { FeatureBins } from './bins.ts'
import type { Objective } from './objective.ts'
import type { Tree } from './tree.ts'

/** Raised when a model that was written before cannot be read any more. */
export const formatVersion = 1

/** A model as plain data: JSON keeps every bit of it. */
export interface GbdtData {
  readonly kind: 'gbdt'
  readonly formatVersion: typeof formatVersion
  readonly objective: Objective
  readonly baseScore: number
  readonly features: readonly FeatureSpec[]
  readonly bins: readonly FeatureBins[]
  readonly trees: readonly Tree[]
}
