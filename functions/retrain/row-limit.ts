import type { Pipeline } from '#models/pipeline-compiler.ts'

/** What the process holds before it holds a row, and of DuckDB's buffers when it is closed: Node, onnxruntime, the listing of the archive. */
const fixedBytes = 350e6
/** A row's time, target, delay, weight and known time as columns and in the trainers' copies. */
const rowBytes = 170
/** A row's value of one feature: 8 as a column, 4 in the block that models read, 4 in the copy that a trainer works on, 1 as its bin; and what is not collected yet. */
const valueBytes = 23
/** Of the function's memory: the garbage of one phase is still there when the next begins. At 0.5 a year's training peaked at 1,329 to 1,559 MB of 3,008. */
const usedRatio = 0.46

/** Rows that a run takes at most. */
export interface RowLimit {
  readonly rows: number
  /** For the report of a sample: what sets the limit, and what to do for more rows. */
  readonly because: string
}

/**
 * Rows above which ids are sampled: as many as train in less than half of the function's memory.
 *
 *     rows = (0.46 × memory − 350 MB) / (170 B + 23 B × features)
 *
 * @example toRowLimit(pipeline, 3_008).rows // 1_103_000 with 36 features
 */
export function toRowLimit({ features }: Pick<Pipeline, 'features'>, memoryMb: number): RowLimit {
  const fitting = (memoryMb * 1_048_576 * usedRatio - fixedBytes) / (rowBytes + valueBytes * features.length)
  const rows = Math.max(1_000, Math.floor(fitting / 1_000) * 1_000)
  return {
    rows,
    because: `${rows} rows of ${features.length} features are what retrain's ${memoryMb} MB hold; for more of them give retrain more memoryMb in cdk/steps.ts, or set retrain.engine to 'spark' in the definition`,
  }
}
