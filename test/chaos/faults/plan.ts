import { makeRandom } from '#models/random.ts'
import { shuffle } from '../shuffle.ts'

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

/**
 * Every kind once a round, in an order of the seed's own.
 *
 * @example planFaultRounds({ roundCount: 3, seed: 1 }).length // 30
 */
export function planFaultRounds({ roundCount, seed }: { readonly roundCount: number; readonly seed: number }): FaultKind[] {
  const random = makeRandom(seed)
  return Array.from({ length: roundCount }, () => shuffle(Object.keys(faultKinds) as FaultKind[], random)).flat()
}
