import type { SegmentRises } from '#models/policy/segments.ts'
import { normal } from './chance.ts'

/** The rise of each row of a segment, one after the other, 0 on average; `ofAll` is weather that all segments share. */
type World = (random: () => number, rowCount: number, ofAll: () => number) => () => number

const deviation = 0.3

const independent: World = random => () => deviation * normal(random)
/** Student's t with three degrees of freedom, at the same deviation. */
const heavyTailed: World = random => () => {
  const chi = Math.hypot(normal(random), normal(random), normal(random)) / Math.sqrt(3)
  return (deviation * normal(random)) / chi / Math.sqrt(3)
}
/** Half of the variance is an autoregression that is forgotten within a twentieth of the rows. */
const hanging: World = (random, rowCount) => {
  const kept = Math.exp(-20 / rowCount)
  let state = normal(random)
  return () => {
    state = kept * state + Math.sqrt(1 - kept ** 2) * normal(random)
    return deviation * Math.SQRT1_2 * (state + normal(random))
  }
}
/** Half of the variance is weather that changes ten times, half of it the same for all segments. */
const weather: World = (random, rowCount, ofAll) => {
  const own = spells(random, rowCount)
  return () => deviation * Math.SQRT1_2 * (Math.SQRT1_2 * (own() + ofAll()) + normal(random))
}
/** The candidate loses a little on 99 rows in 100 and gains much on the last. */
const rareGain: World = random => () => (random() < 0.01 ? -99 : 1) * (deviation / 10)

/** Ten spells, the first one cut off. */
function spells(random: () => number, rowCount: number): () => number {
  let [level, left] = [normal(random), random() * (rowCount / 10)]
  return () => {
    if (left-- < 0) {
      level = normal(random)
      left += rowCount / 10
    }
    return level
  }
}

/** Worlds in which the candidate is as good as the champion everywhere. */
export const segmentWorlds = {
  'rows on their own': independent,
  'heavy tails': heavyTailed,
  'rows that hang together': hanging,
  'weather that changes ten times': weather,
  'a rare gain that many a segment has not shown': rareGain,
} as const satisfies Readonly<Record<string, World>>

/** One trial: the segments of a world, with `rise` added in all of them and `extra` in the first. */
export function makeSegments(
  world: World,
  random: () => number,
  options: { readonly segmentCount: number; readonly rowCount: number; readonly rise: number; readonly extra?: number },
): SegmentRises[] {
  const { segmentCount, rowCount, rise, extra = 0 } = options
  const ofAll = Float64Array.from({ length: rowCount }, spells(random, rowCount))
  return Array.from({ length: segmentCount }, (_, segment) => {
    let row = 0
    const straying = world(random, rowCount, () => ofAll[row])
    const rises = new Float64Array(rowCount)
    for (; row < rowCount; row++) rises[row] = rise + (segment === 0 ? extra : 0) + straying()
    return { name: `s${segment}`, rises }
  })
}
