import { addDuelRows, type DuelBucket } from '#models/measure/duels.ts'
import { duelLossesOf } from '#models/task/yes-no.ts'
import type { CounterItem } from '../ports.ts'
import type { Prediction } from '../records.ts'
import { duelPrefix } from './names.ts'
import type { CountedRow } from './rows.ts'

/**
 * What two models gave the same rows of one partition, hour by hour: one day of event time, so that a batch writes a kilobyte or two.
 *
 * The models stand in the order of their names, whichever is champion: two models have one duel however their roles change. A gain above 0
 * speaks for the second.
 */
export type DuelDay = readonly DuelBucket[]

/** A row in which two models meet. */
interface Meeting extends CountedRow {
  readonly models: readonly [first: string, second: string]
  readonly atMs: number
  /** Where its label has come. */
  readonly losses?: readonly [first: number, second: number]
}

const dayMs = 86_400_000

export const parseDuelDay = ({ json }: CounterItem) => JSON.parse(json) as DuelDay

/** The names of the days of duels that a row counts in. */
export function duelNames(row: CountedRow): string[] {
  return toMeetings(row).map(nameOf)
}

/** The days of duels with these rows added, by name; those that none of the rows is in are left out. */
export function addToDuels(stored: ReadonlyMap<string, CounterItem>, rows: readonly CountedRow[]): ReadonlyMap<string, DuelDay> {
  const days = [...Map.groupBy(rows.flatMap(toMeetings), nameOf)].map(([name, group]) => {
    const item = stored.get(name)
    return [name, addDuelRows(item ? parseDuelDay(item) : [], group)] as const
  })
  return new Map(days)
}

const nameOf = ({ models, atMs }: Meeting) => `${duelPrefix(models)}${Math.floor(atMs / dayMs)}`

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
