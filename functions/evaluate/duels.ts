import { addDuelRows, type DuelBucket, type DuelRow, mergeDuelBuckets, turnDuel } from '#models/measure/duels.ts'
import { duelLossesOf } from '#models/task/yes-no.ts'
import type { Prediction } from '../records.ts'
import { type Applied, type CountedRow, leaveOutCounted } from './applied.ts'

/**
 * What two models gave the same rows of one partition, hour by hour, and up to which source offsets.
 *
 * The models stand in the order of their names, whichever is champion: so the record alone says where it counts, and two models have
 * one duel however their roles change. A gain above 0 speaks for the second.
 */
export interface Duel {
  readonly partition: string
  readonly models: readonly [first: string, second: string]
  readonly buckets: readonly DuelBucket[]
  /** The source offsets that have been counted: a record that comes again is known by them and adds nothing. */
  readonly applied: Applied
}

export type DuelKey = Pick<Duel, 'partition' | 'models'>

/** Where duels are kept, as tallies are. */
export interface DuelStore {
  read(keys: readonly DuelKey[]): Promise<readonly Duel[]>
  write(duels: readonly Duel[]): Promise<void>
}

/** A row in which two models meet. */
interface Meeting extends CountedRow, DuelRow {
  readonly models: Duel['models']
}

/** Adds the rows of a partition to the duels of all models that met in them, and stores those. */
export async function countDuels(store: DuelStore, partition: string, rows: readonly CountedRow[]): Promise<void> {
  const meetings = Map.groupBy(rows.flatMap(toMeetings), ({ models }) => JSON.stringify(models))
  if (meetings.size === 0) return
  const keys = [...meetings.values()].map(([{ models }]) => ({ partition, models }))
  const stored = await store.read(keys)
  const duels = [...meetings].map(([name, group]): Duel => {
    const { models } = group[0]
    const duel = stored.find(own => JSON.stringify(own.models) === name) ?? { partition, models, buckets: [], applied: {} }
    const fresh = leaveOutCounted(group, duel.applied)
    return { ...duel, buckets: addDuelRows(duel.buckets, fresh.rows), applied: fresh.applied }
  })
  await store.write(duels)
}

/** The pairs of models whose scores a prediction holds, each pair in the order of the models' names. */
function toMeetings(row: CountedRow): Meeting[] {
  const { prediction, target } = row
  const { atMs } = prediction
  const scores = allScores(prediction).sort((a, b) => (a.model < b.model ? -1 : 1))
  return scores.flatMap((first, at) =>
    scores.slice(at + 1).map((second): Meeting => {
      const losses = target === undefined ? {} : { losses: duelLossesOf([first.score, second.score], target) }
      return { ...row, atMs, models: [first.model, second.model], ...losses }
    }),
  )
}

function allScores({ model, score, shadows }: Prediction) {
  return model === null || score === null ? [...shadows] : [{ model, score }, ...shadows]
}

/**
 * The duel of a champion and a candidate over all partitions, oldest hour first; a gain above 0 speaks for the candidate.
 *
 * @example toDuel(await readDuels(table), { champion: 'v1', candidate: 'v2' })
 */
export function toDuel(
  duels: readonly Duel[],
  { champion, candidate }: { readonly champion: string; readonly candidate: string },
): DuelBucket[] {
  return mergeDuelBuckets(
    duels.flatMap(({ models: [first, second], buckets }) => {
      if (first === champion && second === candidate) return buckets
      return first === candidate && second === champion ? turnDuel(buckets) : []
    }),
  )
}
