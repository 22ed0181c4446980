import { sigmoid } from '../sigmoid.ts'
import type { NewtonStep } from './newton-step.ts'
import type { OneHotRows } from './one-hot-rows.ts'

/** A pass that lowers the quadratic by less than this share of what the first did is the last; a step needs no more than that. */
const passGainRatio = 0.1
const passesAtMost = 50

/**
 * Newton's step without a matrix: coordinate descent on the quadratic `½ sᵀ H s − gᵀ s`, feature by feature, until a pass gains little more.
 *
 * A row has one slot of each feature, so the slots of one feature never meet: with the intercept they are a diagonal with a border, which is solved as it
 * stands. The intercept has to move with every feature: the slots of a feature sum to it, and alone each would push the others to and fro. A pass
 * costs one addition a row and feature, whatever the number of slots, and memory is two bytes a row and feature.
 *
 * @see Friedman, Hastie & Tibshirani, Regularization Paths for Generalized Linear Models via Coordinate Descent (JSS 2010), §3
 */
export function makeDescentStep(rows: OneHotRows, l2: number): NewtonStep {
  const { slotCount, targets, weights: rowWeights } = rows
  const rowCount = targets.length
  const features = toFeatures(rows)
  const widest = Math.max(0, ...features.map(({ width }) => width))
  const residuals = new Float64Array(rowCount)
  const curvatures = new Float64Array(rowCount)
  const slotCurvatures = new Float64Array(slotCount)
  const sums = new Float64Array(widest)
  const shifts = new Float64Array(widest)
  const none = new Uint16Array(rowCount)

  const startAt = (logits: Float64Array) => {
    for (let row = 0; row < rowCount; row++) {
      const rowWeight = rowWeights ? rowWeights[row] : 1
      const probability = sigmoid(logits[row])
      residuals[row] = rowWeight * (probability - targets[row])
      curvatures[row] = rowWeight * probability * (1 - probability)
    }
    slotCurvatures.fill(0)
    for (const { firstSlot, ownSlots } of features) {
      for (let row = 0; row < rowCount; row++) slotCurvatures[firstSlot + ownSlots[row]] += curvatures[row]
    }
  }

  /** Minimises over the slots of a feature and the intercept; gives by how much that lowers the quadratic. `sums` holds the residuals by slot. */
  const moveFeature = ({ firstSlot, width }: FeatureRows, moved: Float64Array): number => {
    let pull = 0
    let stiffness = 1e-9
    for (let own = 0; own < width; own++) {
      const curvature = slotCurvatures[firstSlot + own]
      pull += (curvature * (sums[own] + l2 * moved[firstSlot + own])) / (curvature + l2) - sums[own]
      stiffness += (curvature * l2) / (curvature + l2)
    }
    const ofIntercept = pull / stiffness
    let gain = 0
    for (let own = 0; own < width; own++) {
      const curvature = slotCurvatures[firstSlot + own]
      const weight = moved[firstSlot + own]
      const ofSlot = -(sums[own] + l2 * weight + curvature * ofIntercept) / (curvature + l2)
      const shift = ofSlot + ofIntercept
      gain -= shift * (sums[own] + (curvature * shift) / 2) + l2 * ofSlot * (weight + ofSlot / 2)
      moved[firstSlot + own] = weight + ofSlot
      shifts[own] = shift
    }
    moved[0] += ofIntercept
    return gain
  }

  const descend = (moved: Float64Array): number => {
    let gain = 0
    let before: Uint16Array = none // the feature whose shift the residuals do not have yet: one sweep adds it and sums for the next
    shifts.fill(0)
    for (const feature of features) {
      sums.fill(0)
      sweep(before, feature.ownSlots)
      gain += moveFeature(feature, moved)
      before = feature.ownSlots
    }
    sweep(before, none)
    return gain
  }
  const sweep = (before: Uint16Array, next: Uint16Array): void => {
    for (let row = 0; row < rowCount; row++) {
      const residual = residuals[row] + curvatures[row] * shifts[before[row]]
      residuals[row] = residual
      sums[next[row]] += residual
    }
  }

  return (weights, logits) => {
    startAt(logits)
    const moved = weights.slice()
    const firstGain = descend(moved)
    for (let pass = 1; pass < passesAtMost; pass++) {
      if (descend(moved) <= passGainRatio * firstGain) break
    }
    return weights.map((weight, slot) => weight - moved[slot])
  }
}

/** One feature of all rows: `firstSlot + ownSlots[row]` is its slot. */
interface FeatureRows {
  readonly firstSlot: number
  /** Slots from the first to the last that a row has. */
  readonly width: number
  readonly ownSlots: Uint16Array
}

/** The slots feature by feature, each beginning with the first that any row has: 16 bits are enough, where settings allow 1,500 categories. */
function toFeatures({ slots, perRow, targets }: OneHotRows): FeatureRows[] {
  return Array.from({ length: perRow }, (_, feature) => {
    let firstSlot = Number.POSITIVE_INFINITY
    let lastSlot = 0
    for (let at = feature; at < slots.length; at += perRow) {
      firstSlot = Math.min(firstSlot, slots[at])
      lastSlot = Math.max(lastSlot, slots[at])
    }
    const ownSlots = new Uint16Array(targets.length)
    for (let row = 0; row < ownSlots.length; row++) ownSlots[row] = slots[row * perRow + feature] - firstSlot
    return { firstSlot, width: lastSlot - firstSlot + 1, ownSlots }
  })
}
