import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { LoadOnnx } from '../bundles/scorer.ts'

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
      if (rowCount === 0) return new Float32Array(0)
      const { score } = await session.run({ features: new Tensor('float32', values, [rowCount, featureCount]) })
      return score.data as Float32Array
    },
    release: () => session.release(),
  }
}
