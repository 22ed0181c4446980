import type { OneHotRows } from './one-hot-rows.ts'

/**
 * Solves `H · step = g` at these weights, whose logits are given, with `g = Σ w (p − y) x + l2 w` and `H = Σ w p (1 − p) x xᵀ + l2 I` (the intercept
 * is free); exactly, or far enough that taking the step lowers the loss. Null where it cannot.
 */
export type NewtonStep = (weights: Float64Array, logits: Float64Array) => Float64Array | null

/** Makes the steps for these rows. */
export type MakeNewtonStep = (rows: OneHotRows, l2: number) => NewtonStep
