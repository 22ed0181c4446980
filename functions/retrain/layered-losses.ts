import { toRows } from '#models/feature-columns.ts'
import { openLayer, startLayer } from '#models/layer/layer.ts'
import { makeRowReader } from '#models/layer/row-reader.ts'
import { traceParts } from '#models/layer/shape.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { yesNoLink } from '#models/task/yes-no/link.ts'
import { shapeOf } from '../layer/state.ts'
import type { TrainingRows } from '../ports.ts'

/**
 * What each row from `fromRow` on would have cost with a layer over a model's scores: one that has learnt nothing at the first row, and learns
 * each label when it is known, as it will live.
 *
 * @example const lossesOf = makeLayeredLosses(pipeline, rows, fromRow) // lossesOf(scores of these rows, in time order)
 */
export function makeLayeredLosses(
  pipeline: Pick<Pipeline, 'features' | 'layer'>,
  { atMs, labelDelayMs, targets, features }: Pick<TrainingRows, 'atMs' | 'labelDelayMs' | 'targets' | 'features'>,
  fromRow: number,
): (scores: ArrayLike<number>) => Float64Array {
  const shape = shapeOf(pipeline)
  const read = makeRowReader(pipeline.features)
  const { length } = traceParts(shape)
  const rows = toRows(features, fromRow, atMs.length)
  const knownAtMs = Float64Array.from(rows, (_, row) => atMs[fromRow + row] + labelDelayMs[fromRow + row])
  const byLabel = Uint32Array.from(rows, (_, row) => row).sort((a, b) => knownAtMs[a] - knownAtMs[b] || a - b)
  return scores => {
    const layer = openLayer(shape, yesNoLink, startLayer(shape))
    const traces = new Float32Array(rows.length * length)
    const rowOf = (row: number) => read({ atMs: atMs[fromRow + row], championScore: scores[row], features: rows[row] })
    let due = 0
    return Float64Array.from(rows, (_, row) => {
      for (; byLabel[due] < row && knownAtMs[byLabel[due]] <= atMs[fromRow + row]; due++) {
        const label = byLabel[due]
        layer.learn(rowOf(label), traces, label * length, targets[fromRow + label])
      }
      return yesNoLink.lossOf(layer.score(rowOf(row), traces, row * length), targets[fromRow + row])
    })
  }
}
