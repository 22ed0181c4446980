import type { Node, Tensor } from '../onnx/encode.ts'
import { type FeatureBins, missingBinOf, otherBinOf, toBinOfCode } from './bins.ts'
import type { RankColumn } from './rank-columns.ts'

/** The part of an ONNX graph that sets rank columns beside the features. */
export interface RankGraph {
  readonly nodes: readonly Node[]
  readonly initializers: readonly Tensor[]
  /** The tensor `[rows, features and rank columns]`. */
  readonly output: string
  /** For each rank column its place in a row of the output. */
  readonly places: Int32Array
}

/** For each category that has columns: code to bin by one small table, bin to ranks by another; then all side by side. */
export function toRankGraph(columns: readonly RankColumn[], bins: readonly FeatureBins[]): RankGraph {
  const places = new Int32Array(columns.length)
  const nodes: Node[] = []
  const initializers: Tensor[] = []
  let width = bins.length
  for (const [feature, featureBins] of bins.entries()) {
    const own = [...columns.keys()].filter(column => columns[column].feature === feature)
    if (featureBins.kind === 'number' || own.length === 0) continue
    const lookup = toLookup(
      feature,
      featureBins,
      own.map(column => columns[column].ranks),
    )
    nodes.push(...lookup.nodes)
    initializers.push(...lookup.initializers)
    for (const column of own) places[column] = width++
  }
  if (nodes.length === 0) return { nodes, initializers, output: 'features', places }
  const ranks = nodes.flatMap(({ outputs }) => outputs.filter(name => name.startsWith('ranks_')))
  nodes.push({ op: 'Concat', inputs: ['features', ...ranks], outputs: ['row'], attributes: { axis: { i: 1 } } })
  return { nodes, initializers, output: 'row', places }
}

/**
 * Place 0 of `bins` stands for what is below all codes, the next ones for the codes, then one for what is above, and the last for missing.
 *
 * The table of ranks is in bytes, a quarter of the file; the runtime makes it float32 once, when it loads the model.
 */
function toLookup(feature: number, bins: FeatureBins & { readonly kind: 'category' }, ranks: readonly Uint8Array[]) {
  const at = (name: string) => `${name}_${feature}`
  const binOfCode = toBinOfCode(bins)
  const binOfPlace = [otherBinOf(bins), ...binOfCode, otherBinOf(bins), missingBinOf(bins)]
  const table = new Uint8Array((missingBinOf(bins) + 1) * ranks.length)
  ranks.forEach((column, index) => {
    for (let bin = 0; bin < column.length; bin++) table[bin * ranks.length + index] = column[bin]
  })
  const scalar = (name: string, value: number): Tensor => ({ name: at(name), dims: [], data: Float32Array.of(value) })
  const initializers: Tensor[] = [
    { name: at('column'), dims: [], data: BigInt64Array.of(BigInt(feature)) },
    scalar('one', 1),
    scalar('below', -1),
    scalar('above', binOfCode.length),
    scalar('missing', binOfCode.length + 1),
    { name: at('bins'), dims: [binOfPlace.length], data: BigInt64Array.from(binOfPlace, BigInt) },
    { name: at('bytes'), dims: [missingBinOf(bins) + 1, ranks.length], data: table },
  ]
  const op = (name: string, inputs: readonly string[], output: string, attributes: Node['attributes'] = {}): Node => {
    return { op: name, inputs: inputs.map(input => (input === 'features' ? input : at(input))), outputs: [at(output)], attributes }
  }
  const nodes = [
    op('Gather', ['features', 'column'], 'code', { axis: { i: 1 } }),
    op('IsNaN', ['code'], 'isMissing'),
    op('Clip', ['code', 'below', 'above'], 'present'),
    op('Where', ['isMissing', 'missing', 'present'], 'known'),
    op('Add', ['known', 'one'], 'fromOne'),
    op('Cast', ['fromOne'], 'place', { to: { i: 7 } }), // int64
    op('Gather', ['bins', 'place'], 'bin'),
    op('Cast', ['bytes'], 'table', { to: { i: 1 } }), // float32
    op('Gather', ['table', 'bin'], 'ranks'),
  ]
  return { nodes, initializers }
}
