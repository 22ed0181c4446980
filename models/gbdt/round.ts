import * as map from './kernels/memory-map.ts'
import type { Units } from './leaf-sums.ts'
import { cellProbabilities, type Objective } from './objective.ts'
import type { Team } from './team.ts'
import { partAddress, type TrainingMemory } from './training-memory.ts'

/** Begins a round: the last tree's values are in the scores, and `histogram` holds the root's sums. No units: every gradient is 0. */
export type StartRound = (histogram: number, seed: number) => Units | undefined

/** Most steps of a compact gradient and hessian: the 16 bits of their fields, or what keeps the sum of all rows within 32 bits. */
export function compactSteps(rowCount: number): Units {
  return {
    gradient: Math.min(2 ** 15 - 1, Math.floor((2 ** 31 - 1) / rowCount)),
    hessian: Math.min(2 ** 16 - 1, Math.floor((2 ** 32 - 1) / rowCount)),
  }
}

/**
 * Compact rounds: gradient p − y and hessian p (1 − p) come from a table over the score, as integers. One pass over the rows.
 *
 * @see Shi et al., Quantized Training of Gradient Boosting Decision Trees (NeurIPS 2022); with 10 bits and more no random rounding is needed
 */
export function makeCompactRound(memory: TrainingMemory, team: Team): StartRound {
  const { views, rowCount } = memory
  const steps = compactSteps(rowCount)
  const units = { gradient: 1 / steps.gradient, hessian: 0.25 / steps.hessian }
  const table = views.u32.subarray(map.SCORE_TABLE >> 2)
  for (const [cell, probability] of cellProbabilities().entries()) {
    const hessian = Math.round(probability * (1 - probability) * 4 * steps.hessian)
    for (const label of [0, 1]) {
      const gradient = Math.round((probability - label) * steps.gradient)
      table[label * map.CELL_COUNT + cell] = (gradient << 16) | hessian
    }
  }
  return histogram => {
    views.u32[map.HISTOGRAM >> 2] = histogram
    team.run(map.TASK_START_ROUND)
    team.mergeHistograms(0)
    return units
  }
}

export interface WideOptions {
  readonly objective: Objective
  readonly rowRatio: number
  readonly weightSum: number
  /** Largest weighted gradient of a row at the start. */
  readonly gradientMax: number
}

/** Steps that the largest first gradient is cut into for the exact sum of all; 2^26 × 2^24 rows stays below 2^53. */
const sumSteps = 2 ** 26

/** Most rows of a training: the sum above, and at least 128 steps a gradient in a compact record. */
export const rowCountLimit = 2 ** 24

/**
 * Wide rounds: a first pass adds the leaf values and sums |gradient|, a second one cuts gradients into as many steps as let that sum fill
 * 31 bits. So rare labels, heavy tails and uneven weights keep their small gradients.
 */
export function makeWideRound(
  memory: TrainingMemory,
  team: Team,
  { objective, rowRatio, weightSum, gradientMax }: WideOptions,
): StartRound {
  const { views, rowCount, partCount } = memory
  const isBinary = objective === 'binary'
  const sumUnit = gradientMax > 0 ? sumSteps / gradientMax : 1
  views.u32[map.IS_BINARY >> 2] = Number(isBinary)
  views.u32[map.ROW_THRESHOLD >> 2] = Math.floor(rowRatio * 2 ** 32) - 1
  views.f64[map.SUM_UNIT >> 3] = sumUnit
  views.f64.set(cellProbabilities(), map.SCORE_TABLE >> 3)
  return (histogram, seed) => {
    team.run(map.TASK_ADD_LEAF_VALUES)
    let absoluteSum = 0
    for (let part = 0; part < partCount; part++) absoluteSum += views.f64[(partAddress(part) + map.ABSOLUTE_SUM) >> 3]
    if (absoluteSum === 0) return undefined
    const gradientBound = (absoluteSum + rowCount) / sumUnit
    const gradientScale = (2 ** 31 - 1 - rowCount) / gradientBound
    const hessianScale = (2 ** 32 - 1 - rowCount) / (isBinary ? Math.min(gradientBound, weightSum / 4) : weightSum)
    views.f64[map.GRADIENT_SCALE >> 3] = gradientScale
    views.f64[map.HESSIAN_SCALE >> 3] = hessianScale
    views.u32[map.ROUND_SEED >> 2] = seed
    views.u32[map.HISTOGRAM >> 2] = histogram
    team.run(map.TASK_QUANTISE)
    team.mergeHistograms(0)
    return { gradient: 1 / gradientScale, hessian: 1 / hessianScale }
  }
}
