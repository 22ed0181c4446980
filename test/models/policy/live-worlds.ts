import type { DuelBucket } from '#models/measure/duels.ts'

const hourMs = 3_600_000
/** Labelled rows of an hour in every world. */
export const rowsPerHour = 700
/** Standard deviation of an hour's mean gain: what flights show between two like models, in nats. */
const deviation = 0.03

/** The mean gain of each hour of one trial. */
type World = (random: () => number) => (hour: number) => number

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

const equal: World = random => () => deviation * normal(random)
/** Hours that hang together, each with the one before it by this correlation. */
const correlated = (correlation: number): World => {
  return random => {
    let state = normal(random)
    return () => {
      state = correlation * state + Math.sqrt(1 - correlation ** 2) * normal(random)
      return deviation * state
    }
  }
}
/** Student's t with three degrees of freedom, at the same deviation. */
const heavyTailed: World = random => () => {
  const chi = Math.hypot(normal(random), normal(random), normal(random)) / Math.sqrt(3)
  return (deviation * normal(random)) / chi / Math.sqrt(3)
}
const daily: World = random => {
  const phase = Math.floor(random() * 24)
  return hour => (deviation / 2) * normal(random) + ((hour + phase) % 24 < 12 ? deviation : -deviation)
}
/** Spells of up to a day and a half, for the one model or the other. */
const spells: World = random => {
  let [sign, left] = [1, 0]
  return () => {
    if (left-- <= 0) {
      sign = random() < 0.5 ? 1 : -1
      left = Math.floor(random() * 36)
    }
    return (deviation / 2) * normal(random) + sign * 0.02
  }
}
const plus = (gain: number, world: World): World => {
  return random => {
    const gainOf = world(random)
    return hour => gainOf(hour) + gain
  }
}

/** Worlds in which the candidate is no better. */
export const nullWorlds: Readonly<Record<string, World>> = {
  'two equal models': equal,
  'heavy tails': heavyTailed,
  'hours that hang together by 0.5': correlated(0.5),
  'hours that hang together by 0.95': correlated(0.95),
  'another winner by day and by night': daily,
  'spells of up to 36 hours': spells,
  'a candidate slightly worse': plus(-0.002, equal),
}

/** Worlds in which it is. */
export const betterWorlds = {
  'gain of 0.005': plus(0.005, equal),
  'gain of 0.01': plus(0.01, equal),
  'gain of 0.03': plus(0.03, equal),
} as const satisfies Readonly<Record<string, World>>

/** A little better in 99 of 100 hours, and much worse in the last; 0 on average. */
export const rareLoss: World = random => () => (random() < 0.01 ? -0.297 : 0.003)

/** The hours of one trial in a world. */
export function makeHours(world: World, random: () => number, hourCount: number): DuelBucket[] {
  const gainOf = world(random)
  return Array.from({ length: hourCount }, (_, hour) => {
    const gain = gainOf(hour)
    return { startMs: hour * hourMs, predicted: rowsPerHour, labelled: rowsPerHour, gainSum: rowsPerHour * gain }
  })
}
