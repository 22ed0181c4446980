import { combinersSize, openCombiners, startCombiners } from './combiners.ts'
import { countsSize, openCounts } from './counts.ts'
import { memorySize, openLabelMemory } from './label-memory.ts'
import { championScale, linesSize, openLines, startLines } from './lines.ts'
import type { Link } from './link.ts'
import { mix, startMixture, toFactors, weigh } from './mixture.ts'
import { countValue, momentSize, standardise } from './moments.ts'
import { championShare, halvedAtLabels, type LineSettings, lastShare, lines as lineSettings } from './settings.ts'
import { combinerCount, expertCount, inputCount, type LayerRow, type LayerShape, memoryCount, traceParts } from './shape.ts'

/** Learners over a champion, whose weights move with every label. */
export interface Layer {
  /** Scores a row, and writes at `from` the trace by which its label is learnt later. */
  score(row: LayerRow, trace: Float32Array, from: number): number
  /** Learns the label of a row from its trace; gives the score that the row would have had just before. */
  learn(row: LayerRow, trace: Float32Array, from: number, target: number): number
  /** Learns the label of a row that has no trace, as if it had just been scored; what is known of how late labels come stays as it is. */
  learnUntraced(row: LayerRow, target: number): number
  /** What each member of `describeMembers` weighs now; together 1. */
  readWeights(): number[]
}

/** Those whose weight a layer tells, by name: the experts as mixtures weigh them, and all stackers as one. */
export function describeMembers({ periods }: LayerShape): string[] {
  const toName = ({ rate, keep, reads }: LineSettings) =>
    `line ${rate}${keep < 1 ? ` quick ${keep}` : ''}${reads === 'all' ? '' : ` of the ${reads}`}`
  const ofPeriods = periods.map((_, at) => `as at the same phase of period ${at + 1}`)
  return ['champion', ...lineSettings.map(toName), 'as the last label', ...ofPeriods, 'rate of labels', 'calibrated']
}

/** Parts of a state, one behind the other, and the numbers that each takes. */
const partSizes = {
  delay: () => 2, // labels so far, and how many of them come on average between a row's prediction and its label
  moments: ({ numberCount }: LayerShape) => numberCount * momentSize,
  memory: memorySize,
  counts: countsSize,
  lines: linesSize,
  combiners: combinersSize,
  last: () => combinerCount,
}
type Parts = Readonly<Record<keyof typeof partSizes, Float64Array>>

/** The state of a layer that has learnt nothing. */
export function startLayer(shape: LayerShape): Float64Array {
  const state = new Float64Array(stateLength(shape))
  const { lines, combiners, last } = cutState(shape, state)
  startLines(shape, lines)
  startCombiners(shape, combiners)
  startMixture(last, championShare)
  return state
}

/** Numbers in a state of this shape. */
export function stateLength(shape: LayerShape): number {
  return Object.values(partSizes).reduce((sum, sizeOf) => sum + sizeOf(shape), 0)
}

function cutState(shape: LayerShape, state: Float64Array): Parts {
  let end = 0
  const parts = Object.entries(partSizes).map(([name, sizeOf]) => {
    end += sizeOf(shape)
    return [name, state.subarray(end - sizeOf(shape), end)]
  })
  return Object.fromEntries(parts) as Parts
}

/**
 * A layer over a state, which learning changes. Nothing is allocated for a row.
 *
 * Experts score a row; combiners make scores of the experts'; a last mixture chooses among the combiners, the champion one of them. Each learns what it said at the time,
 * by the trace, since what it would say once it knows later labels says nothing of how it does without them.
 *
 * @example const layer = openLayer(shape, yesNoLink, startLayer(shape))
 */
export function openLayer(shape: LayerShape, link: Link, state: Float64Array): Layer {
  const { delay, moments, last, ...parts } = cutState(shape, state)
  const memory = openLabelMemory(shape, parts.memory)
  const counts = openCounts(shape, link, parts.counts)
  const lines = openLines(shape, link, parts.lines)
  const combiners = openCombiners(shape, link, parts.combiners)
  const at = traceParts(shape)
  const inputs = new Float64Array(inputCount(shape))
  const links = new Float64Array(lineSettings.length)
  const expertLosses = new Float64Array(expertCount(shape))
  const combinerLosses = new Float64Array(combinerCount)
  const factors = new Float64Array(combinerCount)
  const now = new Float32Array(at.length) // while a label is learnt: the trace that its row would have had just before
  const late = new Float32Array(at.length) // of a row that has none

  const readInputs = ({ numbers }: LayerRow, championScore: number, trace: Float32Array, from: number) => {
    inputs[0] = link.toLink(championScore) / championScale
    inputs[1] = 1
    for (let feature = 0; feature < shape.numberCount; feature++) inputs[2 + feature] = standardise(moments, feature, numbers[feature])
    const memoryFrom = 2 + shape.numberCount
    for (let input = 0; input < memoryCount(shape); input++) inputs[memoryFrom + input] = trace[from + at.memory + input]
  }

  /** Scores by what is known now, with the inputs of the label memory that the trace holds. */
  const scoreWith = (row: LayerRow, trace: Float32Array, from: number): number => {
    const experts = from + at.experts
    const rate = link.clip(memory.rate())
    const championScore = row.championScore >= 0 ? link.clip(row.championScore) : rate
    readInputs(row, championScore, trace, from)
    lines.write(inputs, row.slots, links)
    trace[experts] = championScore
    for (let line = 0; line < links.length; line++) trace[experts + 1 + line] = link.clip(link.toScore(links[line]))
    counts.write(trace, from + at.memory, experts + 1 + links.length)
    trace[from + at.combiners - 1] = rate
    combiners.write(trace, experts, from + at.combiners)
    const score = link.clip(mix(last, trace, from + at.combiners))
    trace[from + at.score] = score
    return score
  }

  const toLosses = (scores: Float32Array, from: number, target: number, losses: Float64Array) => {
    for (let member = 0; member < losses.length; member++) losses[member] = link.lossOf(scores[from + member], target)
  }

  const layer: Layer = {
    score(row, trace, from) {
      trace[from] = delay[0]
      memory.write(row.atMs, trace, from + at.memory)
      return scoreWith(row, trace, from)
    },
    learnUntraced(row, target) {
      layer.score(row, late, 0)
      late[0] = delay[0] - delay[1]
      return layer.learn(row, late, 0, target)
    },
    learn(row, trace, from, target) {
      for (let place = 0; place < at.experts; place++) now[place] = trace[from + place]
      const score = scoreWith(row, now, 0)
      delay[0]++
      delay[1] += Math.max(0.01, 1 / delay[0]) * (delay[0] - 1 - trace[from] - delay[1])

      toLosses(trace, from + at.combiners, target, combinerLosses)
      toFactors(combinerLosses, 1 / (1 + delay[1] / halvedAtLabels), factors)
      weigh(last, factors, lastShare, championShare)
      toLosses(trace, from + at.experts, target, expertLosses)
      combiners.learn(trace, from + at.experts, expertLosses, target)
      lines.learn(inputs, row.slots, links, target)
      counts.learn(trace, from + at.memory, target)
      for (let feature = 0; feature < shape.numberCount; feature++) countValue(moments, feature, row.numbers[feature])
      memory.learn(row.atMs, target)
      return score
    },
    readWeights: () => combiners.readWeights(last),
  }
  return layer
}
