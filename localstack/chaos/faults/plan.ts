import { makeRandom } from '#models/random.ts'

/** Every kind of fault, and what it does. */
export const faultKinds = {
  killed: "a function's processes are killed in mid-batch",
  twice: 'a batch is delivered twice',
  recut: 'a batch comes again, cut elsewhere',
  beside: 'a batch is held back and runs beside its twin',
  broker: 'the broker is killed and restarted',
  refused: 'AWS refuses, drops or swallows one call in twenty',
  diskFull: "the archive's disk is full",
  throttled: 'DynamoDB throttles half of its calls',
  clocks: 'records come with clocks minutes off',
  source: 'the event source is killed and restarted',
} as const

export type FaultKind = keyof typeof faultKinds

/** One fault while a stretch of the stream goes by. */
export interface Incident {
  readonly kind: FaultKind
  /** Shares of the stream, 0 to 1: it begins when so much has been published, and the stream waits at its end until it has had effect. */
  readonly from: number
  readonly to: number
}

/**
 * Every kind once a round, one after another, in an order of the seed's own; the stream's first and last tenth are left alone.
 *
 * @example planIncidents({ roundCount: 3, seed: 1 }).length // 30
 */
export function planIncidents({ roundCount, seed }: { readonly roundCount: number; readonly seed: number }): Incident[] {
  const random = makeRandom(seed)
  const kinds = Array.from({ length: roundCount }, () => shuffle(Object.keys(faultKinds) as FaultKind[], random)).flat()
  return kinds.map((kind, at) => ({ kind, from: 0.1 + (0.8 * at) / kinds.length, to: 0.1 + (0.8 * (at + 1)) / kinds.length }))
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map(item => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}
