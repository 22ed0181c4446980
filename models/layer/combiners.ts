import type { Link } from './link.ts'
import { mix, startMixture, weigh } from './mixture.ts'
import { mixtureShares, mixtureWeights } from './settings.ts'
import { combinerCount, expertCount, type LayerShape } from './shape.ts'
import { openStackers, stackersSize, startStackers } from './stackers.ts'

/** Numbers of a state that the combiners take. */
export const combinersSize = (shape: LayerShape) => mixturesSize(shape) + stackersSize(expertCount(shape))

const mixturesSize = (shape: LayerShape) => mixtureWeights.length * mixtureShares.length * expertCount(shape)

/** Ways to one score from the experts' scores: mixtures, which choose among them, stackers, which calibrate them, and the champion's as it is. */
export interface Combiners {
  /** Writes the score of each, mixtures first, the champion's last. */
  write(trace: Float32Array, expertsFrom: number, combinersFrom: number): void
  /** Learns from the scores of the experts at the time and what they lost. */
  learn(trace: Float32Array, expertsFrom: number, losses: Float64Array, target: number): void
  /** What each expert weighs in the mixtures, by the weights of the combiners, and what all stackers weigh together. */
  readWeights(combinerWeights: Float64Array): number[]
}

/** Begins with the mean of the experts. */
export function startCombiners(shape: LayerShape, state: Float64Array): void {
  for (const weights of cutMixtures(shape, state)) startMixture(weights)
  startStackers(expertCount(shape), state.subarray(mixturesSize(shape)))
}

/** The combiners over their part of a state. */
export function openCombiners(shape: LayerShape, link: Link, state: Float64Array): Combiners {
  const experts = expertCount(shape)
  const mixtures = cutMixtures(shape, state)
  const stackers = openStackers(expertCount(shape), link, state.subarray(mixturesSize(shape)))
  const factors = mixtureWeights.map(() => new Float64Array(expertCount(shape)))
  return {
    write(trace, expertsFrom, combinersFrom) {
      for (let mixture = 0; mixture < mixtures.length; mixture++)
        trace[combinersFrom + mixture] = mix(mixtures[mixture], trace, expertsFrom)
      stackers.write(trace, expertsFrom, combinersFrom + mixtures.length)
      trace[combinersFrom + combinerCount - 1] = trace[expertsFrom]
    },
    learn(trace, expertsFrom, losses, target) {
      toAllFactors(losses, factors)
      let mixture = 0
      for (let at = 0; at < factors.length; at++) {
        for (let share = 0; share < mixtureShares.length; share++) weigh(mixtures[mixture++], factors[at], mixtureShares[share])
      }
      stackers.learn(trace, expertsFrom, target)
    },
    readWeights(combinerWeights) {
      const weights = new Array<number>(experts + 1).fill(0)
      for (const [at, mixture] of mixtures.entries()) {
        for (const [expert, weight] of mixture.entries()) weights[expert] += weight * combinerWeights[at]
      }
      weights[0] += combinerWeights[combinerCount - 1]
      weights[experts] = combinerWeights.subarray(mixtures.length, -1).reduce((sum, weight) => sum + weight, 0)
      return weights
    },
  }
}

/** What a loss leaves, for each of `mixtureWeights`: powers 100, 30, 10 and 3 of one exponential: 4.8 µs a label instead of 5.6 with four (npm run bench -- layer). */
function toAllFactors(losses: Float64Array, [whole, most, some, least]: readonly Float64Array[]): void {
  for (let expert = 0; expert < losses.length; expert++) {
    const factor = Math.exp(-0.01 * losses[expert])
    const cubed = factor * factor * factor
    const toTen = cubed * cubed * cubed * factor
    const toThirty = toTen * toTen * toTen
    least[expert] = cubed
    some[expert] = toTen
    most[expert] = toThirty
    whole[expert] = toThirty * toThirty * toThirty * toTen
  }
}

/** The weights of each mixture, those of one weight of the loss side by side. */
function cutMixtures(shape: LayerShape, state: Float64Array): Float64Array[] {
  const experts = expertCount(shape)
  return Array.from({ length: mixtureWeights.length * mixtureShares.length }, (_, at) => state.subarray(at * experts, (at + 1) * experts))
}
