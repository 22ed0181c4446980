import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { toForeignBundle } from '#functions/bundles/foreign.ts'
import type { Node } from '#models/onnx/encode.ts'
import { alterTripsOnnx as alter, makeTripsOnnx, tensorOf, trips, tripsManifest } from '../../foreign-model.ts'

const onnx = makeTripsOnnx()
const manifest = Buffer.from(JSON.stringify(tripsManifest))
const node = (op: string, inputs: readonly string[], output: string): Node => ({ op, inputs, outputs: [output] })
const scoreOutput = { output: { name: 'score', columns: 1 } }

describe('findTensors, as toForeignBundle uses it', () => {
  const wrongFiles: readonly [what: string, onnx: Uint8Array, reason: RegExp][] = [
    [
      'half a file',
      onnx.subarray(0, onnx.length / 2),
      /the ONNX file \(\d+ bytes\) cannot be read: .*; it is cut, or something else: export it again/,
    ],
    ['an empty file', new Uint8Array(0), /has no graph \(0 bytes\)/],
    ['a text', Buffer.from('not a model'), /the ONNX file \(11 bytes\)/],
    [
      'an operator set that is too new',
      makeTripsOnnx({ opsets: { '': 27 } }),
      /it needs operator set 27 of ai.onnx, at most 26 can be run; convert it with target_opset/,
    ],
    [
      'an operator set for trees that is too new',
      makeTripsOnnx({ opsets: { '': 17, 'ai.onnx.ml': 6 } }),
      /operator set 6 of ai.onnx.ml, at most 5/,
    ],
    [
      'an operator that there is not',
      makeTripsOnnx({ last: [node('Sigmoidal', ['yes'], 'probabilities')] }),
      /ONNX Runtime does not load it: .*Sigmoidal/,
    ],
    ['a wider input', makeTripsOnnx({ input: { name: 'X', columns: 4 } }), /its input X has 4 columns, the definition has 3 features/],
    [
      'a wider model behind an open input',
      alter(model => {
        tensorOf(model.graph.input[0]).shape.dim[1] = { dimParam: 'columns' }
        model.graph.initializer[0] = { name: 'weights', dims: [2, 1], dataType: 1, rawData: new Uint8Array(8) }
      }),
      /ONNX Runtime cannot score 12 rows with it/,
    ],
    [
      'an input for a fixed number of rows',
      alter(model => {
        tensorOf(model.graph.input[0]).shape.dim[0] = { dimValue: 1 }
      }),
      /its input X must be any number of rows by 3 columns, got \[1, 3\]; convert it with initial_types=/,
    ],
    [
      'float64 features',
      alter(model => {
        tensorOf(model.graph.input[0]).elemType = 11
      }),
      /its input X must be float32, got float64; convert it with initial_types=\[\('features', FloatTensorType\(\[None, 3\]\)\)\]/,
    ],
    [
      'an input for each feature',
      alter(model => {
        model.graph.input.push({ ...model.graph.input[0], name: 'Y' })
      }),
      /it must have one input, a matrix of all features, got X \(float32\), Y \(float32\)/,
    ],
    [
      'a ZipMap',
      alter(model => {
        model.graph.output[0].type = { sequenceType: { elemType: { mapType: { keyType: 7 } } } }
      }),
      /none of its outputs is a float32 tensor: probabilities \(sequence\); export with zipmap=False/,
    ],
    [
      'a class as its only output',
      alter(model => {
        tensorOf(model.graph.output[0]).elemType = 7
      }),
      /none of its outputs is a float32 tensor: probabilities \(int64\); let it give probabilities/,
    ],
    [
      'two outputs that could be the score',
      alter(model => {
        model.graph.output.push({ ...model.graph.output[0], name: 'yes' })
      }),
      /several outputs could be the score, probabilities \(float32\), yes \(float32\); name one/,
    ],
    [
      'more columns than two',
      alter(model => {
        tensorOf(model.graph.output[0]).shape.dim[1] = { dimValue: 3 }
      }),
      /its output probabilities is \[rows, 3\]; say in the manifest's output.column/,
    ],
    [
      'weights in another file',
      alter(model => {
        Object.assign(model.graph.initializer[0], { dataLocation: 1 })
      }),
      /it keeps weights in another file; save it as one file/,
    ],
    [
      'log-odds for scores',
      makeTripsOnnx({ last: [node('Identity', ['logit'], 'score')], ...scoreOutput }),
      /golden row 0 scores -1, a score must be from 0 to 1; let the output be the probability/,
    ],
    [
      'NaN for a score',
      makeTripsOnnx({ last: [node('Sub', ['yes', 'yes'], 'nothing'), node('Div', ['nothing', 'nothing'], 'score')], ...scoreOutput }),
      /golden row 0 scores NaN, a score must be from 0 to 1/,
    ],
  ]
  for (const [what, file, reason] of wrongFiles) {
    it(`rejects a file with ${what}`, async () => {
      const bringing = toForeignBundle({ pipeline: trips, load: loadOnnx, nowMs: Date.now }, { onnx: file, manifest })
      await assert.rejects(bringing, { code: 'BUNDLE_INVALID', message: reason })
    })
  }
})
