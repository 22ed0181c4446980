import { lossOf } from '#models/task/yes-no.ts'
import { isScoredByBoth, type Outcomes, toEventOrder } from './outcomes.ts'
import { measureRecovery, type Recovery, recoveryRows } from './recovery.ts'

/** Events of a block. */
export const blockEvents = 5_000
const blocksBefore = 4
const blocksAfter = 16

/** A model that was trained, and the latest event that it learnt from. */
export interface TrainedModel {
  readonly version: string
  readonly training: { readonly toMs: number }
}

/** Consecutive events, with what champion and layer lost on those that both scored. */
export interface DriftBlock {
  /** Its first event, counted from the change, which is 0. */
  readonly from: number
  readonly events: number
  /** Events with both scores; both means are over them. */
  readonly rows: number
  readonly championLoss: number | null
  readonly layerLoss: number | null
  /** Models whose latest training row is in it. */
  readonly trained: readonly string[]
  /** Models that scored an event here for the first time. */
  readonly newChampions: readonly string[]
}

/** What happened around the change of the labels' meaning. */
export interface DriftReport {
  readonly changedAtMs: number
  readonly blocks: readonly DriftBlock[]
  readonly recovery: Recovery
}

/**
 * Mean log losses of champion and layer around a change: four blocks of 5,000 events before it, at most sixteen after, in event order.
 *
 * Events are those that have a label, whether or not a model scored them.
 */
export function toDriftReport(
  outcomes: Outcomes,
  { changedAtMs, models }: { readonly changedAtMs: number; readonly models: readonly TrainedModel[] },
): DriftReport {
  const order = toEventOrder(outcomes)
  const firstAfter = order.findIndex(row => outcomes.atMs[row] >= changedAtMs)
  const change = firstAfter < 0 ? order.length : firstAfter
  const firstAt = firstScoresOf(outcomes, order)
  const blocks: DriftBlock[] = []
  for (let block = -blocksBefore; block < blocksAfter; block++) {
    const start = Math.max(0, change + block * blockEvents)
    const end = Math.min(order.length, change + (block + 1) * blockEvents)
    if (start >= end) continue
    const endMs = end < order.length ? outcomes.atMs[order[end]] : Number.POSITIVE_INFINITY
    const isIn = (atMs: number) => atMs >= outcomes.atMs[order[start]] && atMs < endMs
    blocks.push({
      from: start - change,
      ...measureBlock(outcomes, order.subarray(start, end)),
      trained: models.filter(({ training }) => isIn(training.toMs)).map(({ version }) => version),
      newChampions: [...firstAt].filter(([, at]) => at >= start && at < end).map(([model]) => model),
    })
  }
  const before = order.subarray(Math.max(0, change - blocksBefore * blockEvents), change)
  const informedFromMs = outcomes.atMs[order[change + recoveryRows - 1]] ?? Number.POSITIVE_INFINITY // a handful of changed rows teaches nothing
  const recovery = measureRecovery(outcomes, {
    before: measureBlock(outcomes, before).layerLoss,
    changed: order.subarray(change),
    known: new Set([...firstAt].filter(([, at]) => at < change).map(([model]) => model)),
    informed: new Set(models.filter(({ training }) => training.toMs >= informedFromMs).map(({ version }) => version)),
  })
  return { changedAtMs, blocks, recovery }
}

function measureBlock(outcomes: Outcomes, block: Uint32Array) {
  const both = block.filter(row => isScoredByBoth(outcomes, row))
  const mean = (scores: readonly number[]) =>
    both.length === 0 ? null : both.reduce((sum, row) => sum + lossOf(scores[row], outcomes.targets[row]), 0) / both.length
  return { events: block.length, rows: both.length, championLoss: mean(outcomes.scores), layerLoss: mean(outcomes.layerScores) }
}

/** Where in the order of events each model scored for the first time. */
function firstScoresOf({ models }: Outcomes, order: Uint32Array): Map<string, number> {
  const firstAt = new Map<string, number>()
  order.forEach((row, at) => {
    const model = models[row]
    if (model !== null && !firstAt.has(model)) firstAt.set(model, at)
  })
  return firstAt
}
