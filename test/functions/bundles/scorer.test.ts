import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { loadScorer } from '#functions/bundles/scorer.ts'
import { modelProto } from '#models/onnx/proto.ts'
import type { ModelTensors } from '#models/onnx/tensors.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeTripsOnnx } from '../../foreign-model.ts'
import { makeBundle } from '../../make-bundle.ts'

describe('loadScorer', () => {
  it('gives the runtime the tensors that the manifest names', async () => {
    const tensors: ModelTensors = { input: 'X', output: 'probabilities', column: 1 }
    const { onnx, manifest } = makeBundle('v1')
    const given: unknown[] = []
    const scorer = await loadScorer(
      async (onnx, tensors) => {
        given.push(tensors)
        return loadOnnx(onnx)
      },
      { onnx, manifest: { ...manifest, tensors } },
      pipeline.definition,
    )
    assert.deepEqual(given, [tensors])
    await scorer.release()
  })
  it('rejects a file that takes other features than the manifest says, and frees it', async () => {
    const tensors: ModelTensors = { input: 'X', output: 'probabilities', column: 1 }
    const bundle = makeBundle('v1', { onnx: makeTripsOnnx(), manifest: { tensors } })
    let released = 0
    const load: typeof loadOnnx = async (onnx, tensors) => {
      const session = await loadOnnx(onnx, tensors)
      return { ...session, release: async () => void released++ }
    }
    await assert.rejects(loadScorer(load, bundle, pipeline.definition), {
      code: 'BUNDLE_INVALID',
      message: /model.onnx of v1 does not score its golden rows: .*dimensions/,
    })
    assert.equal(released, 1)
  })
  it('rejects a file that keeps a part of itself in another, before the runtime sees it', async () => {
    const model = modelProto.decode(makeBundle('v1').onnx) as unknown as {
      graph: { initializer: { name: string; dataLocation: number }[] }
    }
    Object.assign(model.graph.initializer[0], { dataLocation: 1 })
    const bundle = makeBundle('v1', { onnx: modelProto.encode(model).finish() })
    const load = () => assert.fail('the runtime has seen it')
    await assert.rejects(loadScorer(load, bundle, pipeline.definition), {
      code: 'BUNDLE_INVALID',
      message: `model.onnx of v1 does not load: it keeps ${model.graph.initializer[0].name} in another file`,
    })
  })
})
