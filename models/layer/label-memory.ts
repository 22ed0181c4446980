import { rateShares } from './settings.ts'
import type { LayerShape, Period } from './shape.ts'

/** The newest labels that are remembered one by one. */
const lastCount = 3
/** Of each of those: when its event was, and what it was. */
const lastSize = 2
/** Of each phase of a period: which turn of it the labels are of, their sum, their count. */
const phaseSize = 3

const phasesOf = ({ everyMs, stepMs }: Period) => Math.max(1, Math.round(everyMs / stepMs))

/** Numbers of a state that the memory takes: labels so far, their two rates, the newest, the phases. */
export function memorySize({ periods }: LayerShape): number {
  return 1 + rateShares.length + lastCount * lastSize + periods.reduce((sum, period) => sum + phasesOf(period) * phaseSize, 0)
}

/** What labels say of an event to come, by its clock alone. */
export interface LabelMemory {
  /** Writes the inputs: the last labels, both rates, the product of the last two, the newest of the same phase; all around the slow rate, 0 is unknown. */
  write(atMs: number, inputs: Float32Array, from: number): void
  learn(atMs: number, target: number): void
  /** The slow rate of labels. */
  rate(): number
}

/** A memory over its part of a state. */
export function openLabelMemory({ periods }: LayerShape, state: Float64Array): LabelMemory {
  const [ratesAt, lastAt] = [1, 1 + rateShares.length]
  const starts: number[] = []
  let next = lastAt + lastCount * lastSize
  for (const period of periods) {
    starts.push(next)
    next += phasesOf(period) * phaseSize
  }
  const phaseAt = (period: number, atMs: number) => {
    const { stepMs } = periods[period]
    const steps = Math.floor(atMs / stepMs)
    const phases = phasesOf(periods[period])
    return starts[period] + (((steps % phases) + phases) % phases) * phaseSize
  }
  const rate = () => (state[0] === 0 ? 0.5 : state[ratesAt + 1])
  return {
    rate,
    write(atMs, inputs, from) {
      const middle = rate()
      const known = Math.min(lastCount, state[0])
      for (let at = 0; at < lastCount; at++) inputs[from + at] = at < known ? state[lastAt + at * lastSize + 1] - middle : 0
      inputs[from + 3] = state[0] === 0 ? 0 : state[ratesAt] - middle
      inputs[from + 4] = state[0] === 0 ? 0 : middle - 0.5
      inputs[from + 5] = inputs[from] * inputs[from + 1]
      for (let period = 0; period < periods.length; period++) {
        const at = phaseAt(period, atMs)
        inputs[from + 6 + period] = state[at + 2] === 0 ? 0 : state[at + 1] / state[at + 2] - middle
      }
    },
    learn(atMs, target) {
      const count = ++state[0]
      for (let at = 0; at < rateShares.length; at++) {
        const share = Math.max(rateShares[at], 1 / (count + 1))
        const before = count === 1 ? 0.5 : state[ratesAt + at]
        state[ratesAt + at] = before + share * (target - before)
      }
      let place = Math.min(lastCount, count - 1) // the newest is first
      while (place > 0 && state[lastAt + (place - 1) * lastSize] <= atMs) place--
      if (place < lastCount) {
        for (let at = lastCount - 1; at > place; at--) {
          state[lastAt + at * lastSize] = state[lastAt + (at - 1) * lastSize]
          state[lastAt + at * lastSize + 1] = state[lastAt + (at - 1) * lastSize + 1]
        }
        state[lastAt + place * lastSize] = atMs
        state[lastAt + place * lastSize + 1] = target
      }
      for (let period = 0; period < periods.length; period++) {
        const at = phaseAt(period, atMs)
        const turn = Math.floor(atMs / periods[period].everyMs)
        if (state[at + 2] > 0 && turn < state[at]) continue // of an older turn
        if (turn > state[at]) {
          state[at + 1] = 0
          state[at + 2] = 0
        }
        state[at] = turn
        state[at + 1] += target
        state[at + 2]++
      }
    },
  }
}
