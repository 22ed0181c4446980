import { openLayer } from '#models/layer/layer.ts'
import { makeRowReader } from '#models/layer/row-reader.ts'
import { traceParts } from '#models/layer/shape.ts'
import { parseTrace } from '#models/layer/trace.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { yesNoLink } from '#models/task/yes-no/link.ts'
import type { Feedback } from '../records.ts'
import { type LayerState, shapeOf } from './state.ts'

/** What became of some labels. */
export interface Learnt {
  readonly numbers: Float64Array
  readonly totals: LayerState['totals']
  /** Those whose predictions have no trace: made without a layer, or by somebody else. */
  readonly untraced: number
}

/** Learns labels in their order, from a copy of the state. The same labels give the same bits. */
export function learnAll(
  pipeline: Pick<Pipeline, 'features' | 'layer'>,
  state: Pick<LayerState, 'numbers' | 'totals'>,
  all: readonly Feedback[],
): Learnt {
  const shape = shapeOf(pipeline)
  const numbers = state.numbers.slice()
  const layer = openLayer(shape, yesNoLink, numbers)
  const read = makeRowReader(pipeline.features)
  const { experts, score } = traceParts(shape)
  const totals = { ...state.totals }
  let untraced = 0
  for (const { atMs, features, target, score: championScore, layer: scored } of all) {
    const row = read({ atMs, championScore, features })
    const trace = scored && parseTrace(shape, yesNoLink, scored)
    const release = trace ? layer.learn(row, trace, 0, target) : layer.learnUntraced(row, target)
    if (!trace) {
      untraced++
      continue
    }
    totals.labels++
    totals.champion += yesNoLink.lossOf(trace[experts], target)
    totals.layer += yesNoLink.lossOf(trace[score], target)
    totals.release += yesNoLink.lossOf(release, target)
  }
  return { numbers, totals, untraced }
}
