import type { PrequentialRows } from './prequential.ts'

/** Predicted rows as they come, with what guessing would have said of each. */
export interface PredictedRows extends PrequentialRows {
  /** Adds a row with its truth, which stays hidden from the baselines until `release`; NaN where it has none. Its score is the base rate. */
  add(atMs: number, target: number): void
  /** The score that a model gave a row. */
  setScore(row: number, score: number): void
  /** The score that the online layer gave a row; NaN without one. */
  setLayerScore(row: number, score: number): void
  /** The label of a row is known now; gives it. */
  release(row: number): number
  scoreOf(row: number): number
  targetOf(row: number): number
}

const firstCapacity = 4_096

/** An empty store of predicted rows, 48 bytes each. */
export function makePredictedRows(): PredictedRows {
  let rowCount = 0
  const columns = {
    atMs: new Float64Array(firstCapacity),
    scores: new Float64Array(firstCapacity),
    layerScores: new Float64Array(firstCapacity),
    targets: new Float64Array(firstCapacity),
    lastLabels: new Float64Array(firstCapacity),
    baseRates: new Float64Array(firstCapacity),
  }
  const known = { labels: 0, sum: 0, last: 0 }
  return {
    get rowCount() {
      return rowCount
    },
    get atMs() {
      return columns.atMs
    },
    get scores() {
      return columns.scores
    },
    get layerScores() {
      return columns.layerScores
    },
    get targets() {
      return columns.targets
    },
    get lastLabels() {
      return columns.lastLabels
    },
    get baseRates() {
      return columns.baseRates
    },
    add(atMs, target) {
      if (rowCount === columns.atMs.length) enlarge(columns)
      const baseRate = (known.sum + 1) / (known.labels + 2) // Laplace's rule: never certain
      columns.atMs[rowCount] = atMs
      columns.scores[rowCount] = baseRate
      columns.layerScores[rowCount] = Number.NaN
      columns.targets[rowCount] = target
      columns.lastLabels[rowCount] = known.last
      columns.baseRates[rowCount] = baseRate
      rowCount++
    },
    setScore(row, score) {
      columns.scores[row] = score
    },
    setLayerScore(row, score) {
      columns.layerScores[row] = score
    },
    release(row) {
      const target = columns.targets[row]
      known.labels++
      known.sum += target
      known.last = target
      return target
    },
    scoreOf: row => columns.scores[row],
    targetOf: row => columns.targets[row],
  }
}

function enlarge(columns: Record<string, Float64Array>): void {
  for (const [name, values] of Object.entries(columns)) {
    const larger = new Float64Array(2 * values.length)
    larger.set(values)
    columns[name] = larger
  }
}
