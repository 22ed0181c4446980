import { MillraceError } from '../errors.ts'
import { findExternalTensors } from './external-tensors.ts'
import { dataTypes, modelProto } from './proto.ts'

/** What goes into a graph or comes out of it. */
export interface GraphValue {
  readonly name: string
  /** A tensor's element type; what is no tensor has its own word. */
  readonly type: keyof typeof dataTypes | 'sequence' | 'map' | 'unknown'
  /** Undefined where the file says nothing of the shape; a name or null where a length is open. */
  readonly shape: readonly (number | string | null)[] | undefined
}

/** The face of an ONNX file: what it needs, takes and gives. */
export interface OnnxFace {
  /** Versions of the operator sets by domain; '' is ONNX's own. Where a file names one twice, the higher. */
  readonly opsets: Readonly<Record<string, number>>
  /** Without those that have a default in the file. */
  readonly inputs: readonly GraphValue[]
  readonly outputs: readonly GraphValue[]
  /** Tensors that the file keeps in other files. */
  readonly externalTensors: readonly string[]
}

interface TypeObject {
  readonly tensorType?: {
    readonly elemType?: number
    readonly shape?: { readonly dim: readonly { readonly dimValue?: number; readonly dimParam?: string }[] }
  }
  readonly sequenceType?: object
  readonly mapType?: object
}

interface ValueObject {
  readonly name: string
  readonly type?: TypeObject
}

interface ModelObject {
  readonly opsetImport: readonly { readonly domain?: string; readonly version?: number }[]
  readonly graph?: {
    readonly node: readonly object[]
    readonly input: readonly ValueObject[]
    readonly output: readonly ValueObject[]
    readonly initializer: readonly { readonly name: string }[]
  }
}

/**
 * Reads the face of an ONNX file; its operators are the runtime's business.
 *
 * @throws MillraceError BUNDLE_INVALID where it is no ONNX file, or a part of one
 * @example readOnnxFace(model.toOnnx({})).inputs // [{ name: 'features', type: 'float32', shape: ['rows', 9] }]
 */
export function readOnnxFace(onnx: Uint8Array): OnnxFace {
  const { opsetImport, graph } = decode(onnx)
  if (!graph || graph.node.length === 0 || opsetImport.length === 0) {
    throw new MillraceError(
      'BUNDLE_INVALID',
      `the ONNX file has no graph (${onnx.length} bytes): it is cut, or something else; export it again`,
    )
  }
  const opsets: Record<string, number> = {}
  for (const { domain, version = 0 } of opsetImport) {
    const name = domain === undefined || domain === 'ai.onnx' ? '' : domain
    opsets[name] = Math.max(opsets[name] ?? 0, version)
  }
  const constants = new Set(graph.initializer.map(({ name }) => name)) // files of IR version 3 list them among the inputs
  return {
    opsets,
    inputs: graph.input.filter(({ name }) => !constants.has(name)).map(toGraphValue),
    outputs: graph.output.map(toGraphValue),
    externalTensors: findExternalTensors(onnx),
  }
}

function decode(onnx: Uint8Array): ModelObject {
  try {
    return modelProto.toObject(modelProto.decode(onnx), { longs: Number, arrays: true }) as ModelObject
  } catch (cause) {
    const reason = (cause as Error).message
    throw new MillraceError(
      'BUNDLE_INVALID',
      `the ONNX file (${onnx.length} bytes) cannot be read: ${reason}; it is cut, or something else: export it again`,
      { cause },
    )
  }
}

const typeNames = new Map(Object.entries(dataTypes).map(([name, code]) => [code as number, name as keyof typeof dataTypes]))

function toGraphValue({ name, type = {} }: ValueObject): GraphValue {
  if (type.sequenceType) return { name, type: 'sequence', shape: undefined }
  if (type.mapType) return { name, type: 'map', shape: undefined }
  const { elemType, shape } = type.tensorType ?? {}
  return {
    name,
    type: typeNames.get(elemType ?? 0) ?? 'unknown',
    shape: shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam ?? null),
  }
}
