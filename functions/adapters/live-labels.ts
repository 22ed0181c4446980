import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { mergeDuelBuckets, turnDuel } from '#models/measure/duels.ts'
import { emptyCounters, mergeCounters } from '#models/task/yes-no/counters.ts'
import type { ReadDuel, ReadShadowScores } from '../watch/watch.ts'
import { readDuels, readTallies } from './tally-store.ts'

/** The duel of two models over all partitions, seen from the champion. The table keeps each pair in the order of the models' names. */
export function readDuel(table: string, client?: DynamoDBClient): ReadDuel {
  return async (champion, candidate) => {
    const isTurned = champion > candidate
    const pair = isTurned ? [candidate, champion] : [champion, candidate]
    const own = (await readDuels(table, client)).filter(({ models }) => models[0] === pair[0] && models[1] === pair[1])
    const buckets = mergeDuelBuckets(own.flatMap(duel => duel.buckets))
    return isTurned ? turnDuel(buckets) : buckets
  }
}

/** What a model gave as shadow to the labelled rows of all partitions, counted by score. */
export function readShadowScores(table: string, client?: DynamoDBClient): ReadShadowScores {
  return async version => {
    const tallies = await readTallies(table, client)
    return tallies
      .filter(({ model, arm }) => model === version && arm === 'shadow')
      .reduce((sum, { quality }) => mergeCounters(sum, quality), emptyCounters())
  }
}
