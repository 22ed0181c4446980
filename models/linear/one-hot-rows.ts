/** One-hot rows: `slots[row * perRow + k]` are the slots that are 1 in a row, beside the intercept, slot 0, which always is. */
export interface OneHotRows {
  readonly slots: Int32Array
  /** Slots a row, one of each feature. The slots of a feature follow each other, and features do not share any. */
  readonly perRow: number
  readonly slotCount: number
  readonly targets: Float32Array
  readonly weights?: Float32Array
}

/** `w · x` of one row. */
export function logitOf(slots: Int32Array, row: number, perRow: number, weights: Float64Array): number {
  let logit = weights[0]
  const end = (row + 1) * perRow
  for (let at = row * perRow; at < end; at++) logit += weights[slots[at]]
  return logit
}

/** `w · x` of every row. */
export function logitsOf({ slots, perRow }: Pick<OneHotRows, 'slots' | 'perRow'>, rowCount: number, weights: Float64Array): Float64Array {
  const logits = new Float64Array(rowCount)
  for (let row = 0; row < rowCount; row++) logits[row] = logitOf(slots, row, perRow, weights)
  return logits
}
