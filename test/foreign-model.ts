import { encodeModel, type Node, type OnnxModel } from '#models/onnx/encode.ts'
import { modelProto } from '#models/onnx/proto.ts'
import type { FeatureValue } from '#models/pipeline-compiler.ts'
import { sigmoid } from '#models/sigmoid.ts'

/** A definition of three features, as far as a model trained elsewhere is concerned with it. */
export const trips = {
  name: 'trips',
  definition: 'trips-layout',
  features: [
    { name: 'miles', kind: 'number' },
    { name: 'hour', kind: 'number' },
    { name: 'origin', kind: 'category' },
  ],
} as const

const origins = ['ATL', 'JFK', 'LAX', 'ORD']
const weights = [0.5, -0.25, 1]

const rows: readonly (readonly FeatureValue[])[] = Array.from({ length: 12 }, (_, row) => {
  return [row / 4, row === 5 ? null : row % 3, row === 7 ? null : origins[row % 4]]
})

const scoreOf = (row: readonly FeatureValue[]) => {
  const values = row.map(value => (typeof value === 'string' ? origins.indexOf(value) : (value ?? 0)))
  return sigmoid(values.reduce((sum, value, column) => sum + value * weights[column], -1))
}

/** What its owner says of the model below. */
export const tripsManifest = {
  trainer: 'by-hand',
  features: trips.features.map(feature => ({ ...feature, categories: feature.kind === 'category' ? origins : [] })),
  golden: { rows, scores: rows.map(scoreOf) },
}

/** A logistic regression as others write it: input X, missing is 0, output `[rows, 2]` with the probabilities of no and yes. */
export function makeTripsOnnx(changes: Partial<OnnxModel> & { readonly last?: readonly Node[] } = {}): Uint8Array {
  const { last, ...parts } = changes
  return encodeModel({
    nodes: [
      { op: 'IsNaN', inputs: ['X'], outputs: ['missing'] },
      { op: 'Where', inputs: ['missing', 'zero', 'X'], outputs: ['filled'] },
      { op: 'MatMul', inputs: ['filled', 'weights'], outputs: ['sum'] },
      { op: 'Add', inputs: ['sum', 'intercept'], outputs: ['logit'] },
      { op: 'Sigmoid', inputs: ['logit'], outputs: ['yes'] },
      ...(last ?? [
        { op: 'Sub', inputs: ['one', 'yes'], outputs: ['no'] },
        { op: 'Concat', inputs: ['no', 'yes'], outputs: ['probabilities'], attributes: { axis: { i: 1 } } },
      ]),
    ],
    initializers: [
      { name: 'weights', dims: [3, 1], data: Float32Array.from(weights) },
      { name: 'intercept', dims: [1], data: Float32Array.of(-1) },
      { name: 'zero', dims: [1], data: Float32Array.of(0) },
      ...(last ? [] : [{ name: 'one', dims: [1], data: Float32Array.of(1) }]), // onnxruntime warns of what no node uses
    ],
    input: { name: 'X', columns: 3 },
    output: { name: 'probabilities', columns: 2 },
    opsets: { '': 17, 'ai.onnx.ml': 3 },
    metadata: {},
    ...parts,
  })
}

interface Value {
  readonly name: string
  type: { tensorType?: { elemType: number; shape: { dim: object[] } }; sequenceType?: object }
}

/** The parts of a decoded file that the tests change. */
interface Model {
  readonly graph: { readonly node: object[]; readonly input: Value[]; output: Value[]; readonly initializer: object[] }
}

/** The file of `makeTripsOnnx` with its protobuf message changed. */
export function alterTripsOnnx(change: (model: Model) => void): Uint8Array {
  const model = modelProto.toObject(modelProto.decode(makeTripsOnnx()), { longs: Number, arrays: true })
  change(model as Model)
  return modelProto.encode(modelProto.fromObject(model)).finish()
}

export const tensorOf = (value: Value) => value.type.tensorType!
