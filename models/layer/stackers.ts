import type { Link } from './link.ts'
import { stackerRates } from './settings.ts'

/** Numbers of a state that the stackers take: for each a weight and a sum of squared slopes of every expert, and of 1. */
export const stackersSize = (experts: number) => 2 * stackerRates.length * (experts + 1)

/** Lines through the experts' scores in the link's scale. */
export interface Stackers {
  write(trace: Float32Array, expertsFrom: number, from: number): void
  learn(trace: Float32Array, expertsFrom: number, target: number): void
}

/** Begins with the mean of the experts. */
export function startStackers(experts: number, state: Float64Array): void {
  for (const { weights } of cutStackers(experts, state)) weights.fill(1 / experts, 0, experts)
}

/** The stackers over their part of a state; they learn as lines do. */
export function openStackers(experts: number, link: Link, state: Float64Array): Stackers {
  const own = cutStackers(experts, state)
  const inputs = new Float64Array(experts + 1)
  inputs[experts] = 1
  const read = (trace: Float32Array, from: number) => {
    for (let expert = 0; expert < experts; expert++) inputs[expert] = link.toLink(trace[from + expert])
  }
  const linkOf = (weights: Float64Array) => {
    let sum = 0
    for (let input = 0; input <= experts; input++) sum += weights[input] * inputs[input]
    return sum
  }
  return {
    write(trace, expertsFrom, from) {
      read(trace, expertsFrom)
      for (let stacker = 0; stacker < own.length; stacker++) trace[from + stacker] = link.clip(link.toScore(linkOf(own[stacker].weights)))
    },
    learn(trace, expertsFrom, target) {
      read(trace, expertsFrom)
      for (let stacker = 0; stacker < own.length; stacker++) {
        const { weights, sums, rate } = own[stacker]
        const error = link.toScore(linkOf(weights)) - target
        for (let input = 0; input <= experts; input++) {
          const slope = error * inputs[input]
          sums[input] += slope * slope
          if (sums[input] > 0) weights[input] -= (rate * slope) / Math.sqrt(sums[input])
        }
      }
    },
  }
}

function cutStackers(experts: number, state: Float64Array) {
  const size = experts + 1
  return stackerRates.map((rate, stacker) => ({
    rate,
    weights: state.subarray(2 * stacker * size, (2 * stacker + 1) * size),
    sums: state.subarray((2 * stacker + 1) * size, (2 * stacker + 2) * size),
  }))
}
