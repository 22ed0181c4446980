import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { LoadOnnx } from '../bundles/scorer.ts'

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
export const loadOnnx: LoadOnnx = async onnx => {
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
        const { score } = await session.run({ features: new Tensor('float32', rows, [to - from, featureCount]) })
        scores.set(score.data as Float32Array, from)
      }
      return scores
    },
    release: () => session.release(),
  }
}
