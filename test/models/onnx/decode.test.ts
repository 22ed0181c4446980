import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MillraceError } from '#models/errors.ts'
import { readOnnxFace } from '#models/onnx/decode.ts'
import { makeTripsOnnx } from '../../foreign-model.ts'

const onnx = makeTripsOnnx()

describe('readOnnxFace', () => {
  it('tells operator sets, inputs and outputs', () => {
    assert.deepEqual(readOnnxFace(onnx), {
      opsets: { '': 17, 'ai.onnx.ml': 3 },
      inputs: [{ name: 'X', type: 'float32', shape: ['rows', 3] }],
      outputs: [{ name: 'probabilities', type: 'float32', shape: ['rows', 2] }],
      externalTensors: [],
    })
  })
  it('rejects every part of a file that ends in the graph', () => {
    const whole = readOnnxFace(onnx)
    let rejected = 0
    for (let length = 0; length < onnx.length; length++) {
      try {
        const { inputs, outputs } = readOnnxFace(onnx.subarray(0, length)) // without the last operator sets or metadata
        assert.deepEqual([inputs, outputs], [whole.inputs, whole.outputs])
      } catch (error) {
        assert.match((error as Error).message, /^the ONNX file .*export it again$/)
        rejected++
      }
    }
    assert.ok(rejected > 0.9 * onnx.length, `${rejected} of ${onnx.length}`)
  })
  it('reads or rejects whatever bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(onnx.length), (noise, at) => {
        for (const bytes of [noise, Buffer.concat([onnx.subarray(0, at), noise, onnx.subarray(at)])]) {
          try {
            assert.ok(readOnnxFace(bytes).outputs)
          } catch (error) {
            assert.ok(error instanceof MillraceError && error.code === 'BUNDLE_INVALID', String(error))
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})
