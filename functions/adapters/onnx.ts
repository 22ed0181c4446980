import { InferenceSession, Tensor } from 'onnxruntime-node'
import { type ModelTensors, ownTensors } from '#models/onnx/tensors.ts'
import type { LoadOnnx } from '../ports.ts'

/**
 * Rows a call: boosted trees with categories widen a row to thousands of columns (`models/gbdt/rank-columns.ts`), which must stay in the
 * processor's caches. With 256 they score 132,000 rows a second, with 5,000 93,000. A call costs 10 to 30 µs, so 256 share it.
 */
const chunkRows = 256

/**
 * ONNX Runtime with one thread: a Lambda of 1,769 MB has one processor, and unset counts log affinity errors there.
 *
 * Without arena and memory pattern, which keep the largest batch's buffers for each session: several models are in memory at once.
 */
export const loadOnnx: LoadOnnx = async (onnx, tensors = ownTensors) => {
  const session = await InferenceSession.create(onnx, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableCpuMemArena: false,
    enableMemPattern: false,
  })
  return {
    async run({ values, rowCount, featureCount }) {
      const scores = new Float32Array(rowCount)
      for (let from = 0; from < rowCount; from += chunkRows) {
        const to = Math.min(rowCount, from + chunkRows)
        const rows = values.subarray(from * featureCount, to * featureCount)
        const feeds = { [tensors.input]: new Tensor('float32', rows, [to - from, featureCount]) }
        const results = await session.run(feeds, [tensors.output])
        takeColumn(results[tensors.output], tensors, scores.subarray(from, to))
      }
      return scores
    },
    release: () => session.release(),
  }
}

/** Writes one column of a row-major output to `scores`. */
function takeColumn({ data, type }: Tensor, { output, column }: ModelTensors, scores: Float32Array): void {
  const width = data.length / scores.length
  if (type !== 'float32' || !Number.isInteger(width) || column >= width) {
    throw new Error(
      `output ${output} must be float32 with a column ${column}, got ${type} with ${data.length} values for ${scores.length} rows`,
    )
  }
  const values = data as Float32Array
  if (width === 1) scores.set(values)
  else for (let row = 0; row < scores.length; row++) scores[row] = values[row * width + column]
}
