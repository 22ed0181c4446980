import type { Link } from './link.ts'
import { lines, slotCount } from './settings.ts'
import { inputCount, type LayerShape, memoryCount } from './shape.ts'

/** Numbers of a state that the lines take: for each a weight and a sum of squared slopes of every input and every slot. */
export const linesSize = (shape: LayerShape) => 2 * lines.length * (inputCount(shape) + slotCount)

/** The champion's link comes to the lines divided by this: an input of about the size of the others. */
export const championScale = 3

/** Below this a sum of squared slopes is that of an input that has not been there yet. */
const leastSum = 1e-8

/** Lines through the inputs, each at a rate of its own. */
export interface Lines {
  /** Writes each line's value, in the link's scale. */
  write(inputs: Float64Array, slots: ArrayLike<number>, links: Float64Array): void
  /** Moves each line against the slope of its loss. `links` are the lines' own, as of now. */
  learn(inputs: Float64Array, slots: ArrayLike<number>, links: Float64Array, target: number): void
}

/** Begins with lines that say what the champion says. */
export function startLines(shape: LayerShape, state: Float64Array): void {
  for (const { weights } of cutLines(shape, state)) weights[1] = championScale
}

/**
 * The lines over their part of a state. A slope counts by its size so far (AdaGrad), so that rare inputs and categories learn as fast as common ones.
 *
 * @see Duchi, Hazan & Singer, Adaptive subgradient methods for online learning and stochastic optimization (JMLR 2011)
 */
export function openLines(shape: LayerShape, link: Link, state: Float64Array): Lines {
  const own = cutLines(shape, state)
  const width = inputCount(shape)
  return {
    write(inputs, slots, links) {
      for (let line = 0; line < own.length; line++) {
        const { weights, reads } = own[line]
        let sum = 0
        for (let input = 0; input < reads; input++) sum += weights[input] * inputs[input]
        for (let at = 0; at < slots.length; at++) if (slots[at] >= 0) sum += weights[width + slots[at]]
        links[line] = sum
      }
    },
    learn(inputs, slots, links, target) {
      for (let line = 0; line < own.length; line++) {
        const { weights, sums, reads, rate, keep } = own[line]
        const error = link.toScore(links[line]) - target
        for (let input = 0; input < reads; input++) {
          const slope = error * inputs[input]
          const sum = keep * sums[input] + slope * slope
          if (sum <= leastSum) continue
          sums[input] = sum
          weights[input] -= (rate * slope) / Math.sqrt(sum)
        }
        for (let at = 0; at < slots.length; at++) {
          if (slots[at] < 0) continue
          const slot = width + slots[at]
          sums[slot] = keep * sums[slot] + error * error
          if (sums[slot] > leastSum) weights[slot] -= (rate * error) / Math.sqrt(sums[slot])
        }
      }
    },
  }
}

function cutLines(shape: LayerShape, state: Float64Array) {
  const size = inputCount(shape) + slotCount
  return lines.map(({ rate, keep, reads }, line) => ({
    rate,
    keep,
    reads: inputCount(shape) - (reads === 'all' ? 0 : memoryCount(shape)),
    weights: state.subarray(2 * line * size, (2 * line + 1) * size),
    sums: state.subarray((2 * line + 1) * size, (2 * line + 2) * size),
  }))
}
