import type { Link } from './link.ts'
import { type LineSettings, lines, slotCount } from './settings.ts'
import { inputCount, type LayerShape } from './shape.ts'

/** Numbers of a state that the lines take: for each a weight and a sum of squared slopes of every input and every slot that it reads. */
export const linesSize = (shape: LayerShape) => lines.reduce((sum, line) => sum + 2 * sizeOf(shape, line), 0)

/** The inputs that lines read, from the first to before the last. */
const inputsOf: Readonly<Record<LineSettings['reads'], (shape: LayerShape) => readonly [from: number, to: number]>> = {
  all: shape => [0, inputCount(shape)],
  champion: () => [0, 2],
  features: ({ numberCount }) => [1, 2 + numberCount],
}

function sizeOf(shape: LayerShape, { reads }: LineSettings): number {
  const [from, to] = inputsOf[reads](shape)
  return to - from + (reads === 'champion' ? 0 : slotCount)
}

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

/** Begins with lines that say what the champion says, where they read it. */
export function startLines(shape: LayerShape, state: Float64Array): void {
  for (const { weights, from } of cutLines(shape, state)) if (from === 0) weights[0] = championScale
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
        const { weights, from, width, readsSlots } = own[line]
        let sum = 0
        for (let input = 0; input < width; input++) sum += weights[input] * inputs[from + input]
        if (readsSlots) for (let at = 0; at < slots.length; at++) if (slots[at] >= 0) sum += weights[width + slots[at]]
        links[line] = sum
      }
    },
    learn(inputs, slots, links, target) {
      for (let line = 0; line < own.length; line++) {
        const { weights, sums, from, width, readsSlots, rate, keep } = own[line]
        const error = link.toScore(links[line]) - target
        for (let input = 0; input < width; input++) {
          const slope = error * inputs[from + input]
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
    const size = sizeOf(shape, line)
    const [from, to] = inputsOf[line.reads](shape)
    const readsSlots = line.reads !== 'champion'
    return { rate: line.rate, keep: line.keep, from, width: to - from, readsSlots, weights: cut(size), sums: cut(size) }
  })
}
