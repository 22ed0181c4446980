import { shapeOf } from '#functions/layer/state.ts'
import type { FeaturesRecord } from '#functions/records.ts'
import { describeMembers, type Layer, openLayer, startLayer } from '#models/layer/layer.ts'
import { makeRowReader, type ScoredRow } from '#models/layer/row-reader.ts'
import { traceParts } from '#models/layer/shape.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { yesNoLink } from '#models/task/yes-no/link.ts'

/** How old the state may be that a row is scored with: rows, or event time. */
export type Staleness = { readonly rows: number } | { readonly ms: number }

/** What the experts of a layer weighed when so many rows had been scored, in the order of `members`. */
export interface WeightsAt {
  readonly atRow: number
  readonly weights: readonly number[]
}

/** The online layer over the rows of a backtest: labels are learnt one by one, in the order in which they and the rows came. */
export interface LayeredRows {
  /** A row came, and its label will be known one day. */
  add(row: number, record: FeaturesRecord): void
  /** The label of a row is known now. */
  release(row: number, target: number): void
  /** Goes through what came since the last time, once the champion has scored it; gives the scores to `setScore`. */
  run(championScoreOf: (row: number) => number | null, setScore: (row: number, score: number) => void): void
  /** By name, those whose weights are told. */
  readonly members: readonly string[]
  readonly weights: readonly WeightsAt[]
}

/** A row that came, with its features, or a label of one. */
type Happened = { readonly row: number } & ({ readonly record: FeaturesRecord } | { readonly target: number })
/** A scored row, until its label is learnt. */
type Waiting = ScoredRow & { readonly trace: Float32Array }

/**
 * A layer that has learnt nothing, over rows to come.
 *
 * Scoring reads a copy of the learnt state that is as old as `staleness` lets it be, as `infer` will; without one it reads the state itself.
 */
export function makeLayeredRows(pipeline: Pick<Pipeline, 'features' | 'layer'>, staleness?: Staleness): LayeredRows {
  const shape = shapeOf(pipeline)
  const { length } = traceParts(shape)
  const learnt = startLayer(shape)
  const learner = openLayer(shape, yesNoLink, learnt)
  const scorer = staleness ? openCopy() : { layer: learner, refresh: () => {} }
  const read = makeRowReader(pipeline.features)
  const waiting = new Map<number, Waiting>()
  const weights: WeightsAt[] = []
  let happened: Happened[] = []

  function openCopy(): { readonly layer: Layer; refresh(row: number, atMs: number): void } {
    const copy = learnt.slice()
    let refreshed = { row: 0, atMs: Number.NEGATIVE_INFINITY }
    const isDue = (row: number, atMs: number) =>
      'rows' in staleness! ? row - refreshed.row >= staleness.rows : atMs - refreshed.atMs >= staleness!.ms
    return {
      layer: openLayer(shape, yesNoLink, copy),
      refresh(row, atMs) {
        if (!isDue(row, atMs)) return
        copy.set(learnt)
        refreshed = { row, atMs }
      },
    }
  }

  return {
    members: describeMembers(shape),
    weights,
    add: (row, record) => void happened.push({ row, record }),
    release: (row, target) => void happened.push({ row, target }),
    run(championScoreOf, setScore) {
      let latest = 0
      for (const one of happened) {
        const { row } = one
        if ('target' in one) {
          const scored = waiting.get(row)!
          learner.learn(read(scored), scored.trace, 0, one.target)
          waiting.delete(row)
          continue
        }
        const { atMs, features } = one.record
        const scored = { atMs, championScore: championScoreOf(row), features, trace: new Float32Array(length) }
        scorer.refresh(row, atMs)
        setScore(row, scorer.layer.score(read(scored), scored.trace, 0))
        waiting.set(row, scored)
        latest = row + 1
      }
      happened = []
      if (latest > 0) weights.push({ atRow: latest, weights: learner.readWeights() })
    },
  }
}
