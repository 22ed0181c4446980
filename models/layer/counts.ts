import type { Link } from './link.ts'
import { countsKeep } from './settings.ts'
import type { LayerShape } from './shape.ts'

/** After a no and after a yes: the sum of labels and their count. */
const cellSize = 2
const cellCount = 2

/** Numbers of a state that the counts take. */
export const countsSize = ({ periods }: LayerShape) => (1 + periods.length) * cellCount * cellSize

/** Experts that say what labels were after one like it: like the last, and like the one at the same phase of each period. */
export interface Counts {
  write(trace: Float32Array, memoryFrom: number, from: number): void
  learn(trace: Float32Array, memoryFrom: number, target: number): void
}

/** The counts over their part of a state. A label is like another that lies on the same side of the labels' rate. */
export function openCounts({ periods }: LayerShape, link: Link, state: Float64Array): Counts {
  const cellOf = (expert: number, trace: Float32Array, memoryFrom: number) => {
    const input = trace[memoryFrom + (expert === 0 ? 0 : 5 + expert)] // the last label, then those of the periods
    return (expert * cellCount + (input > 0 ? 1 : 0)) * cellSize
  }
  return {
    write(trace, memoryFrom, from) {
      for (let expert = 0; expert <= periods.length; expert++) {
        const at = cellOf(expert, trace, memoryFrom)
        trace[from + expert] = link.clip((state[at] + 1) / (state[at + 1] + 2))
      }
    },
    learn(trace, memoryFrom, target) {
      for (let expert = 0; expert <= periods.length; expert++) {
        const at = cellOf(expert, trace, memoryFrom)
        state[at] = countsKeep * state[at] + target
        state[at + 1] = countsKeep * state[at + 1] + 1
      }
    },
  }
}
