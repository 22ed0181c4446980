/**
 * FTRL-proximal, algorithm 1 of McMahan et al., Ad Click Prediction: a View from the Trenches (KDD 2013). For a row x with
 * target y, weight ω and every slot i of it that is 1:
 *
 *   p  = σ(Σ wᵢ),  g = ω (p − y)
 *   σᵢ = (√(nᵢ + g²) − √nᵢ) / α
 *   zᵢ ← zᵢ + g − σᵢ wᵢ,  nᵢ ← nᵢ + g²
 *   wᵢ = 0 where |zᵢ| ≤ λ₁, else −(zᵢ − sgn(zᵢ) λ₁) / ((β + √nᵢ) / α + λ₂)
 *
 * A row's weight scales its loss (as in "Subsampling Training Data" there), so weight 2 is one step with twice the gradient,
 * not two steps: the second would start where the first ended. Weight 0 is no step at all.
 *
 * @see https://research.google.com/pubs/archive/41159.pdf
 */

import { sigmoid } from '../../sigmoid.ts'
import { logitOf, type OneHotRows } from '../one-hot-rows.ts'
import type { FtrlSettings } from './settings.ts'

/** What the learner keeps, a number a slot; the weights follow from the other two. */
export interface SlotSums {
  /** z: gradients less the pull towards the weights they were taken at. */
  readonly gradients: Float64Array
  /** n: squared gradients. */
  readonly squares: Float64Array
  /** w: what a slot adds to the log-odds. */
  readonly weights: Float64Array
}

/** Sums of nothing learnt: every weight is 0, every score 0.5. */
export function makeSlotSums(slotCount: number): SlotSums {
  return { gradients: new Float64Array(slotCount), squares: new Float64Array(slotCount), weights: new Float64Array(slotCount) }
}

/**
 * The weight that minimises `z w + λ₁ |w| + ½ ((β + √n) / α + λ₂) w²`. Slot 0, the intercept, is free of both penalties.
 *
 * @example weightOf(1, -3, 2, parseFtrlSettings({ learningRate: 1, l1: 1, l2: 1 })) // 2 / (1 + 2 + 1) = 0.5
 */
export function weightOf(slot: number, gradient: number, squareRoot: number, settings: FtrlSettings): number {
  const l1 = slot === 0 ? 0 : settings.l1
  const l2 = slot === 0 ? 0 : settings.l2
  if (Math.abs(gradient) <= l1) return 0
  return -(gradient - Math.sign(gradient) * l1) / ((settings.rateDelay + squareRoot) / settings.learningRate + l2)
}

/** Learns every row once, in this order, into the sums. */
export function learnInto(sums: SlotSums, rows: OneHotRows, settings: FtrlSettings): void {
  const { slots, perRow, targets } = rows
  for (let row = 0; row < targets.length; row++) {
    const probability = sigmoid(logitOf(slots, row, perRow, sums.weights))
    const gradient = (rows.weights ? rows.weights[row] : 1) * (probability - targets[row])
    stepInto(sums, 0, gradient, settings)
    const end = (row + 1) * perRow
    for (let at = row * perRow; at < end; at++) stepInto(sums, slots[at], gradient, settings)
  }
}

function stepInto({ gradients, squares, weights }: SlotSums, slot: number, gradient: number, settings: FtrlSettings): void {
  const rootBefore = Math.sqrt(squares[slot])
  squares[slot] += gradient * gradient
  const root = Math.sqrt(squares[slot])
  gradients[slot] += gradient - ((root - rootBefore) / settings.learningRate) * weights[slot]
  weights[slot] = weightOf(slot, gradients[slot], root, settings)
}
