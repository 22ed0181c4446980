import type { Link } from './link.ts'
import { type LineSettings, lines, slotCount } from './settings.ts'
import { inputCount, type LayerShape } from './shape.ts'

/** Numbers of a state that the lines take: for each a weight and a sum of squared slopes of every input and every slot that it reads. */
export const linesSize = (shape: LayerShape) => lines.reduce((sum, line) => sum + 2 * lineSize(shape, line), 0)

/** The first two inputs are 1 and the champion's. */
const championInputs = 2
const lineSize = (shape: LayerShape, { reads }: LineSettings) => (reads === 'champion' ? championInputs : inputCount(shape) + slotCount)

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
  return {
    write(inputs, slots, links) {
      for (let line = 0; line < own.length; line++) {
        const { weights, width, readsSlots } = own[line]
        let sum = 0
        for (let input = 0; input < width; input++) sum += weights[input] * inputs[input]
        if (readsSlots) for (let at = 0; at < slots.length; at++) if (slots[at] >= 0) sum += weights[width + slots[at]]
        links[line] = sum
      }
    },
    learn(inputs, slots, links, target) {
      for (let line = 0; line < own.length; line++) {
        const { weights, sums, width, readsSlots, rate, keep } = own[line]
        const error = link.toScore(links[line]) - target
        for (let input = 0; input < width; input++) {
          const slope = error * inputs[input]
          const sum = keep * sums[input] + slope * slope
          if (sum <= leastSum) continue
          sums[input] = sum
          weights[input] -= (rate * slope) / Math.sqrt(sum)
        }
        for (let at = 0; readsSlots && at < slots.length; at++) {
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
  let end = 0
  const cut = (size: number) => {
    end += size
    return state.subarray(end - size, end)
  }
  return lines.map(line => {
    const size = lineSize(shape, line)
    const readsSlots = line.reads === 'all'
    const width = readsSlots ? inputCount(shape) : championInputs
    return { rate: line.rate, keep: line.keep, width, readsSlots, weights: cut(size), sums: cut(size) }
  })
}
