import { MillraceError } from '#models/errors.ts'
import type { GraphValue, OnnxFace } from '#models/onnx/decode.ts'
import type { ModelTensors } from '#models/onnx/tensors.ts'
import type { ForeignManifest } from './foreign-manifest.ts'

/** Newest operator sets that onnxruntime 1.30 takes, by domain; it refuses unknown domains by itself. */
const newestOpsets: Readonly<Record<string, number>> = { '': 26, 'ai.onnx.ml': 5 }

/**
 * Finds where a model trained elsewhere takes its features and gives its score, and whether the runtime can execute it.
 *
 * @throws MillraceError BUNDLE_INVALID that says what to change in the conversion
 */
export function findTensors(face: OnnxFace, { input, output }: ForeignManifest, featureCount: number): ModelTensors {
  for (const [domain, version] of Object.entries(face.opsets)) {
    const newest = newestOpsets[domain] ?? Number.POSITIVE_INFINITY
    if (version <= newest) continue
    throw refuse(`it needs operator set ${version} of ${domain || 'ai.onnx'}, at most ${newest} can be run; convert it with target_opset`)
  }
  if (face.externalTensors.length > 0) {
    throw refuse(`it keeps ${face.externalTensors[0] || 'a tensor'} in another file; save it as one file (save_as_external_data=False)`)
  }
  return { input: findInput(face.inputs, input, featureCount), ...findOutput(face.outputs, output) }
}

function refuse(reason: string): MillraceError {
  return new MillraceError('BUNDLE_INVALID', `the ONNX file is refused: ${reason}`)
}

function findInput(inputs: readonly GraphValue[], wanted: string | undefined, featureCount: number): string {
  const how = `convert it with initial_types=[('features', FloatTensorType([None, ${featureCount}]))]`
  if (inputs.length !== 1) throw refuse(`it must have one input, a matrix of all features, got ${namesOf(inputs)}; ${how}`)
  const [{ name, type, shape }] = inputs
  if (wanted !== undefined && wanted !== name) throw refuse(`its input is ${name}, the manifest says ${wanted}; correct the manifest`)
  if (type !== 'float32') throw refuse(`its input ${name} must be float32, got ${type}; ${how}`)
  if (shape === undefined) return name // its scores will tell
  const [rows, columns] = shape
  if (shape.length !== 2 || typeof rows === 'number') {
    throw refuse(`its input ${name} must be any number of rows by ${featureCount} columns, got ${toText(shape)}; ${how}`)
  }
  if (typeof columns === 'number' && columns !== featureCount) {
    throw refuse(
      `its input ${name} has ${columns} columns, the definition has ${featureCount} features; train on all of them, in its order`,
    )
  }
  return name
}

function findOutput(outputs: readonly GraphValue[], wanted: ForeignManifest['output']): Pick<ModelTensors, 'output' | 'column'> {
  const noZipMap = "export with zipmap=False (skl2onnx: options={'zipmap': False})"
  const named = outputs.find(({ name }) => name === wanted.name)
  if (wanted.name !== undefined && !named) throw refuse(`it has no output ${wanted.name}, only ${namesOf(outputs)}; correct output.name`)
  const matrices = outputs.filter(({ type }) => type === 'float32')
  if (!named && matrices.length !== 1) {
    if (matrices.length > 1)
      throw refuse(`several outputs could be the score, ${namesOf(matrices)}; name one in the manifest's output.name`)
    const isZipped = outputs.some(({ type }) => type === 'sequence' || type === 'map')
    throw refuse(`none of its outputs is a float32 tensor: ${namesOf(outputs)}; ${isZipped ? noZipMap : 'let it give probabilities'}`)
  }
  const { name, type, shape } = named ?? matrices[0]
  if (type !== 'float32') {
    const isZipped = type === 'sequence' || type === 'map'
    throw refuse(
      `its output ${name} must be a float32 tensor, got ${type}; ${isZipped ? noZipMap : 'let it give probabilities as float32'}`,
    )
  }
  return { output: name, column: wanted.column ?? findColumn(name, shape) }
}

/** The score of `[rows]` and `[rows, 1]`; of two columns the second, the probability of yes. */
function findColumn(name: string, shape: GraphValue['shape']): number {
  const columns = shape?.length === 1 ? 1 : shape?.[1]
  if (shape?.length !== undefined && shape.length <= 2 && (columns === 1 || columns === 2)) return columns - 1
  throw refuse(`its output ${name} is ${toText(shape)}; say in the manifest's output.column which column is the score, counted from 0`)
}

const toText = (shape: GraphValue['shape']) => (shape ? `[${shape.map(length => length ?? 'open').join(', ')}]` : 'of unknown shape')

const namesOf = (values: readonly GraphValue[]) => values.map(({ name, type }) => `${name} (${type})`).join(', ') || 'none'
