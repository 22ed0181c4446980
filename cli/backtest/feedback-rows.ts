import type { TrainingRows } from '#functions/ports.ts'
import type { FeatureColumn } from '#models/feature-columns.ts'
import type { FeatureValue } from '#models/pipeline-compiler.ts'
import type { FeatureSpec } from '#models/training-set.ts'

/** The predicted rows of a backtest as columns, in event time; of those whose label is known a training set is made. */
export interface FeedbackRows {
  /** Adds a row whose label is not known yet. */
  add(atMs: number, features: readonly FeatureValue[]): void
  /** The label of row `row` (counted from the first one added) is known now. */
  setLabel(row: number, target: number, knownAtMs: number): void
  /** Labelled rows of the last `windowMs` before the latest of them, at most `rowLimit`, the latest first to be kept. */
  toTrainingRows(window: { readonly windowMs: number; readonly rowLimit: number }): TrainingRows
}

interface Column {
  values: Float64Array
  readonly codes: Map<string, number> | undefined
}

const firstCapacity = 4_096

/** An empty store of rows of these features. Rows that have left the window are dropped from memory as new ones come. */
export function makeFeedbackRows(features: readonly Pick<FeatureSpec, 'kind'>[]): FeedbackRows {
  let capacity = firstCapacity
  let count = 0 // rows held
  let dropped = 0 // rows that were held before them
  let atMs = new Float64Array(capacity)
  let targets = new Float64Array(capacity)
  let knownAtMs = new Float64Array(capacity)
  const columns: Column[] = features.map(({ kind }) => ({
    values: new Float64Array(capacity),
    codes: kind === 'category' ? new Map() : undefined,
  }))

  const grow = () => {
    capacity *= 2
    atMs = enlarge(atMs, capacity)
    targets = enlarge(targets, capacity)
    knownAtMs = enlarge(knownAtMs, capacity)
    for (const column of columns) column.values = enlarge(column.values, capacity)
  }
  const drop = (rows: number) => {
    for (const values of [atMs, targets, knownAtMs, ...columns.map(column => column.values)]) values.copyWithin(0, rows, count)
    count -= rows
    dropped += rows
  }

  return {
    add(rowAtMs, values) {
      if (count === capacity) grow()
      atMs[count] = rowAtMs
      targets[count] = Number.NaN
      for (let feature = 0; feature < columns.length; feature++)
        columns[feature].values[count] = toNumber(values[feature], columns[feature].codes)
      count++
    },
    setLabel(row, target, labelKnownAtMs) {
      const at = row - dropped
      if (at < 0) return // its window has passed
      targets[at] = target
      knownAtMs[at] = labelKnownAtMs
    },
    toTrainingRows({ windowMs, rowLimit }) {
      let latest = count - 1
      while (latest >= 0 && Number.isNaN(targets[latest])) latest--
      const rows: number[] = []
      let first = latest
      for (; first >= 0 && atMs[first] > atMs[latest] - windowMs && rows.length < rowLimit; first--) {
        if (!Number.isNaN(targets[first])) rows.push(first)
      }
      rows.reverse()
      const pick = (values: Float64Array) => Float64Array.from(rows, row => values[row])
      const trainingRows = {
        atMs: pick(atMs),
        targets: pick(targets),
        labelDelayMs: Float64Array.from(rows, row => knownAtMs[row] - atMs[row]),
        features: columns.map(({ values, codes }): FeatureColumn => {
          return codes ? { values: pick(values), categories: [...codes.keys()] } : { values: pick(values) }
        }),
        objectCount: 1,
        sampledRatio: 1,
      }
      if (first > count / 2) drop(first + 1)
      return trainingRows
    },
  }
}

function enlarge(values: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity)
  larger.set(values)
  return larger
}

/** A category as the code of its name, a new one as the next code; NaN for what is missing. */
function toNumber(value: FeatureValue, codes: Map<string, number> | undefined): number {
  if (!codes) return typeof value === 'number' ? value : Number.NaN
  if (typeof value !== 'string') return Number.NaN
  let code = codes.get(value)
  if (code === undefined) {
    code = codes.size
    codes.set(value, code)
  }
  return code
}
