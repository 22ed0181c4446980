import { dataTypes, modelProto } from './proto.ts'

/** Codes of AttributeProto.AttributeType. */
const attributeTypes = { f: 1, i: 2, s: 3, t: 4, floats: 6, ints: 7, strings: 8 } as const

/** A constant of the graph; its element type follows from its array. */
export interface Tensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly data: Float32Array | Float64Array | BigInt64Array | Uint8Array
}

/** An attribute of a node by ONNX's own kinds: float, int, string, tensor and lists of them. */
export type AttributeValue =
  | { readonly f: number }
  | { readonly i: number }
  | { readonly s: string }
  | { readonly t: Tensor }
  | { readonly floats: ArrayLike<number> }
  | { readonly ints: ArrayLike<number> }
  | { readonly strings: readonly string[] }

/** One operator call. */
export interface Node {
  readonly op: string
  readonly domain?: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, AttributeValue>>
}

/** A float32 matrix `[rows, columns]` that goes in or comes out; the row count is open. */
export interface Matrix {
  readonly name: string
  readonly columns: number
}

export interface OnnxModel {
  readonly nodes: readonly Node[]
  readonly initializers: readonly Tensor[]
  readonly input: Matrix
  readonly output: Matrix
  /** Versions of the operator sets by domain; '' is ONNX's own. */
  readonly opsets: Readonly<Record<string, number>>
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * An ONNX file.
 *
 * @example encodeModel({ nodes: [{ op: 'Sigmoid', inputs: ['features'], outputs: ['score'] }], … })
 */
export function encodeModel({ nodes, initializers, input, output, opsets, metadata }: OnnxModel): Uint8Array {
  return modelProto
    .encode({
      irVersion: 10,
      producerName: 'millrace',
      opsetImport: Object.entries(opsets).map(([domain, version]) => ({ domain, version })),
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      graph: {
        name: 'model',
        node: nodes.map(toNodeProto),
        initializer: initializers.map(toTensorProto),
        input: [toMatrixProto(input)],
        output: [toMatrixProto(output)],
      },
    })
    .finish()
}

function toNodeProto({ op, domain, inputs, outputs, attributes }: Node) {
  return {
    opType: op,
    ...(domain ? { domain } : {}),
    input: inputs,
    output: outputs,
    attribute: Object.entries(attributes ?? {}).map(([name, value]) => toAttributeProto(name, value)),
  }
}

function toAttributeProto(name: string, value: AttributeValue) {
  const [kind, content] = Object.entries(value)[0] as [keyof typeof attributeTypes, never]
  const encoders: Partial<Record<keyof typeof attributeTypes, (content: never) => unknown>> = {
    s: (text: string) => Buffer.from(text),
    t: toTensorProto,
    strings: (texts: readonly string[]) => texts.map(text => Buffer.from(text)),
  }
  return { name, type: attributeTypes[kind], [kind]: encoders[kind]?.(content) ?? content }
}

function toTensorProto({ name, dims, data }: Tensor) {
  return { name, dims, dataType: dataTypeOf(data), rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
}

function dataTypeOf(data: Tensor['data']): number {
  if (data instanceof Float32Array) return dataTypes.float32
  if (data instanceof Float64Array) return dataTypes.float64
  if (data instanceof BigInt64Array) return dataTypes.int64
  return dataTypes.uint8
}

function toMatrixProto({ name, columns }: Matrix) {
  const shape = { dim: [{ dimParam: 'rows' }, { dimValue: columns }] }
  return { name, type: { tensorType: { elemType: dataTypes.float32, shape } } }
}
