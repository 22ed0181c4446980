import { type DuelBucket, mergeDuelBuckets, turnDuel } from '#models/measure/duels.ts'
import { emptyCounters, mergeCounters, type QualityCounters } from '#models/task/yes-no/counters.ts'
import type { CounterItem, CounterStore } from '../ports.ts'
import { parseDuelDay } from './duels.ts'
import { duelPrefix, partitionList, tallyName, tallyPrefix } from './names.ts'
import { parseTally, type Tally } from './tallies.ts'

/** The tallies of all partitions, of every model that was in service within the time that the table remembers. */
export async function readTallies(store: CounterStore): Promise<Tally[]> {
  return (await store.readAll(await readPartitions(store), tallyPrefix)).map(parseTally)
}

/**
 * The hours in which champion and candidate scored the same rows, all partitions together, oldest first; a gain above 0 speaks for the
 * candidate.
 *
 * @example await readDuel(dynamoCounters(COUNTERS_TABLE))('v1', 'v2')
 */
export function readDuel(store: CounterStore): (champion: string, candidate: string) => Promise<DuelBucket[]> {
  return async (champion, candidate) => {
    const isTurned = champion > candidate
    const prefix = duelPrefix(isTurned ? [candidate, champion] : [champion, candidate])
    const days = await store.readAll(await readPartitions(store), prefix)
    const hours = mergeDuelBuckets(days.flatMap(parseDuelDay))
    return isTurned ? turnDuel(hours) : hours
  }
}

/** What a model gave as shadow to the labelled rows of all partitions, counted by score. */
export function readShadowScores(store: CounterStore): (model: string) => Promise<QualityCounters> {
  return async model => {
    const partitions = await readPartitions(store)
    const tallies = await store.read(partitions.map(partition => ({ partition, name: tallyName(model, 'shadow') })))
    return tallies.map(parseTally).reduce((sum, { quality }) => mergeCounters(sum, quality), emptyCounters())
  }
}

async function readPartitions(store: CounterStore): Promise<string[]> {
  return (await store.readAll([partitionList], '')).map(({ name }: CounterItem) => name)
}
