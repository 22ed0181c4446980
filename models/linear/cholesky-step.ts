import { sigmoid } from '../sigmoid.ts'
import { solveInPlace } from './cholesky.ts'
import type { NewtonStep } from './newton-step.ts'
import type { OneHotRows } from './one-hot-rows.ts'

/** Newton's step by the whole Hessian: a row costs half the square of its slots, Cholesky a third of the cube of all. */
export function makeCholeskyStep({ slots, perRow, slotCount, targets, weights: rowWeights }: OneHotRows, l2: number): NewtonStep {
  return (weights, logits) => {
    const gradient = weights.map((weight, slot) => (slot === 0 ? 0 : l2 * weight))
    const hessian = new Float64Array(slotCount * slotCount)
    for (let slot = 0; slot < slotCount; slot++) hessian[slot * slotCount + slot] = slot === 0 ? 1e-9 : l2
    for (let row = 0; row < targets.length; row++) {
      const rowWeight = rowWeights ? rowWeights[row] : 1
      const probability = sigmoid(logits[row])
      const slope = rowWeight * (probability - targets[row])
      const curvature = rowWeight * probability * (1 - probability)
      gradient[0] += slope
      hessian[0] += curvature
      const from = row * perRow
      for (let i = 0; i < perRow; i++) {
        const slot = slots[from + i] // slots of a row rise with the feature, so (slot, earlier slot) is in the lower triangle
        const line = slot * slotCount
        gradient[slot] += slope
        hessian[line] += curvature
        for (let j = 0; j <= i; j++) hessian[line + slots[from + j]] += curvature
      }
    }
    return solveInPlace(hessian, gradient)
  }
}
