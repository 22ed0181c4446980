import { encodeModel, type Node, type Tensor } from '../onnx/encode.ts'
import type { Design, FeatureSlots } from './design.ts'

/**
 * The logistic regression in ONNX's own operators: one gathered weight for every feature, their sum, the sigmoid.
 *
 * A number's bin is the count of edges below it (`value > edge`, float32 on both sides); a category's slot is looked up by its
 * code; missing and unknown take the first slot. So the file scores raw float32 features and nothing else.
 */
export function logisticToOnnx(design: Design, weights: Float64Array, metadata: Readonly<Record<string, string>>): Uint8Array {
  const nodes: Node[] = []
  const initializers: Tensor[] = [floats('weights', [weights.length], weights)]
  if (design.features.some(({ edges }) => edges)) initializers.push(ints('one', [1], [1])) // onnxruntime warns of what no node uses
  if (design.features.some(({ edges }) => !edges)) initializers.push(floats('zero', [1], [0]))
  design.features.forEach((feature, column) => {
    initializers.push(ints(`column_${column}`, [1], [column]))
    nodes.push(op('Gather', ['features', `column_${column}`], `value_${column}`, { axis: { i: 1 } }))
    nodes.push(op('IsNaN', [`value_${column}`], `missing_${column}`))
    const slot = feature.edges ? numberSlot(feature, column) : categorySlot(feature, column)
    initializers.push(...slot.initializers, ints(`first_${column}`, [1], [feature.firstSlot]))
    nodes.push(...slot.nodes)
    nodes.push(op('Where', [`missing_${column}`, `first_${column}`, `found_${column}`], `slot_${column}`))
    nodes.push(op('Gather', ['weights', `slot_${column}`], `term_${column}`))
  })
  const terms = design.features.map((_, column) => `term_${column}`)
  nodes.push(op('Sum', ['intercept', ...terms], 'logit'))
  nodes.push(op('Sigmoid', ['logit'], 'score'))
  initializers.push(floats('intercept', [1, 1], [weights[0]]))
  return encodeModel({
    nodes,
    initializers,
    input: { name: 'features', columns: design.features.length },
    output: { name: 'score', columns: 1 },
    opsets: { '': 17 },
    metadata,
  })
}

/** Bin of a number: first slot + 1 + how many edges lie below the value. */
function numberSlot({ edges, firstSlot }: FeatureSlots, column: number) {
  const at = (name: string) => `${name}_${column}`
  return {
    initializers: [floats(at('edges'), [1, edges!.length], edges!), ints(at('offset'), [1], [firstSlot + 1])],
    nodes: [
      op('Greater', [at('value'), at('edges')], at('above')),
      op('Cast', [at('above')], at('aboveInt'), { to: { i: 7 } }),
      op('ReduceSum', [at('aboveInt'), 'one'], at('bin'), { keepdims: { i: 1 } }),
      op('Add', [at('bin'), at('offset')], at('found')),
    ],
  }
}

/** Slot of a category: looked up by its code, the missing value standing in as code 0 until `Where` overrules it. */
function categorySlot({ slotOfCode }: FeatureSlots, column: number) {
  const at = (name: string) => `${name}_${column}`
  const table = slotOfCode!.length === 0 ? [0] : slotOfCode!
  return {
    initializers: [ints(at('slots'), [table.length], table)],
    nodes: [
      op('Where', [at('missing'), 'zero', at('value')], at('code')),
      op('Cast', [at('code')], at('codeInt'), { to: { i: 7 } }),
      op('Gather', [at('slots'), at('codeInt')], at('found')),
    ],
  }
}

function op(name: string, inputs: readonly string[], output: string, attributes: Node['attributes'] = {}): Node {
  return { op: name, inputs, outputs: [output], attributes }
}

function floats(name: string, dims: readonly number[], data: ArrayLike<number>): Tensor {
  return { name, dims, data: Float32Array.from(data) }
}

function ints(name: string, dims: readonly number[], data: ArrayLike<number>): Tensor {
  return { name, dims, data: BigInt64Array.from(Array.from(data, BigInt)) }
}
