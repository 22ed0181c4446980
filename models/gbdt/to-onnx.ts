import { encodeModel, type Node, type Tensor } from '../onnx/encode.ts'
import { type FeatureBins, upperEdge } from './bins.ts'
import type { GbdtData } from './data.ts'
import { type RankSplit, toRankColumns } from './rank-columns.ts'
import { toRankGraph } from './rank-graph.ts'
import type { SplitNode, Tree } from './tree.ts'

/** A tree that adds nothing, for a model that has none. */
const emptyTree: Tree = {
  nodes: [{ feature: 0, rule: { kind: 'number', bin: 0 }, isMissingLeft: true, left: ~0, right: ~1, gain: 0 }],
  leafValues: [0, 0],
  leafRowCounts: [0, 0],
}

/**
 * The model as one TreeEnsemble (ai.onnx.ml 5): raw float32 features in, a probability or a number out.
 *
 * The ensemble knows only `value <= split`, the one form that onnxruntime walks fast. A category's code is looked up in a table of rank
 * columns (`rank-columns.ts`), which stand beside the features; a set of categories is then a rank up to a border.
 *
 * Thousand rows a second in onnxruntime 1.30 (one thread, CPU time, 256 rows a call, two categories of 224), for 100 trees of 63 leaves and
 * for 300 of 31: rank columns 265 and 132; a column of 0 and 1 for each set 247 and 110; sets in the ensemble itself (mode "member") 80 and
 * 34. In calls of 5,000 rows, which leave the caches: 162 and 93; 123 and 70; 82 and 35. Numbers alone: 455 and 224.
 *
 * @see https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html
 */
export function gbdtToOnnx(data: GbdtData, metadata: Readonly<Record<string, string>>): Uint8Array {
  const isBinary = data.objective === 'binary'
  const trees = data.trees.length > 0 ? data.trees : [emptyTree]
  const { columns, splits } = toRankColumns(trees, data.bins)
  const graph = toRankGraph(columns, data.bins)
  const attributes = toAttributes(
    trees.map((tree, at) => toFlatNodes(tree, data.bins, splits[at], graph.places)),
    trees,
  )
  const nodes: Node[] = [
    ...graph.nodes,
    { op: 'TreeEnsemble', domain: 'ai.onnx.ml', inputs: [graph.output], outputs: ['sum'], attributes },
    { op: 'Add', inputs: ['sum', 'base'], outputs: [isBinary ? 'logit' : 'score'] },
    ...(isBinary ? [{ op: 'Sigmoid', inputs: ['logit'], outputs: ['score'] }] : []),
  ]
  return encodeModel({
    nodes,
    initializers: [...graph.initializers, { name: 'base', dims: [1], data: Float32Array.of(data.baseScore) }],
    input: { name: 'features', columns: data.features.length },
    output: { name: 'score', columns: 1 },
    opsets: { '': 17, 'ai.onnx.ml': 5 },
    metadata,
  })
}

/** A node of the ensemble: true where `row[place] <= edge`. Children as in `SplitNode`. */
interface FlatNode {
  readonly place: number
  readonly edge: number
  readonly isMissingTrue: boolean
  readonly yes: number
  readonly no: number
}

function toFlatNodes(
  { nodes }: Tree,
  bins: readonly FeatureBins[],
  splits: readonly (RankSplit | undefined)[],
  places: Int32Array,
): FlatNode[] {
  return nodes.map((node, at) => {
    const split = splits[at]
    return split ? toRankNode(node, split, places) : toNumberNode(node, bins[node.feature])
  })
}

/** Missing is a bin with a rank: no rank is NaN. */
function toRankNode({ left, right }: SplitNode, { column, highest, isMirrored }: RankSplit, places: Int32Array): FlatNode {
  const [yes, no] = isMirrored ? [right, left] : [left, right]
  return { place: places[column], edge: highest, isMissingTrue: false, yes, no }
}

function toNumberNode({ feature, rule, isMissingLeft, left, right }: SplitNode, bins: FeatureBins): FlatNode {
  const edge = rule.kind === 'number' ? upperEdge(bins, rule.bin) : Number.NaN
  return { place: feature, edge, isMissingTrue: isMissingLeft, yes: left, no: right }
}

/** Node and leaf numbers count through all trees: `move` turns a tree's own to theirs. */
function toAttributes(nodesOf: readonly (readonly FlatNode[])[], trees: readonly Tree[]): NonNullable<Node['attributes']> {
  const roots: number[] = []
  const nodes: FlatNode[] = []
  const leafValues: number[] = []
  for (const [tree, own] of nodesOf.entries()) {
    const root = nodes.length
    const move = (child: number) => (child < 0 ? child - leafValues.length : child + root)
    roots.push(root)
    for (const node of own) nodes.push({ ...node, yes: move(node.yes), no: move(node.no) })
    leafValues.push(...trees[tree].leafValues)
  }
  const isLeaf = (child: number) => Number(child < 0)
  const index = (child: number) => (child < 0 ? ~child : child)
  return {
    n_targets: { i: 1 },
    aggregate_function: { i: 1 }, // sum
    tree_roots: { ints: roots },
    nodes_featureids: { ints: nodes.map(node => node.place) },
    nodes_modes: { t: tensor('modes', new Uint8Array(nodes.length)) }, // 0 is value <= split
    nodes_splits: {
      t: tensor(
        'splits',
        Float32Array.from(nodes, node => node.edge),
      ),
    },
    nodes_missing_value_tracks_true: { ints: nodes.map(node => Number(node.isMissingTrue)) },
    nodes_truenodeids: { ints: nodes.map(node => index(node.yes)) },
    nodes_trueleafs: { ints: nodes.map(node => isLeaf(node.yes)) },
    nodes_falsenodeids: { ints: nodes.map(node => index(node.no)) },
    nodes_falseleafs: { ints: nodes.map(node => isLeaf(node.no)) },
    leaf_targetids: { ints: leafValues.map(() => 0) },
    leaf_weights: { t: tensor('weights', Float32Array.from(leafValues)) },
  }
}

function tensor(name: string, data: Float32Array | Uint8Array): Tensor {
  return { name, dims: [data.length], data }
}
