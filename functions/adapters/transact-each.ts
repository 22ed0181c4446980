import {
  type DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { mapConcurrently, pauseBeforeRetry } from './concurrency.ts'
import { mayPass, storeFailed, triesAtMost } from './dynamo-calls.ts'

/** DynamoDB's own limits of a transaction, 100 writes and 4 MB, with room for the names in it. */
const writesPerCall = 100
const bytesPerCall = 3_500_000
const callsAtOnce = 4

/** A conditional write, and about how many bytes it brings. */
export interface ConditionalWrite {
  readonly write: TransactWriteItem
  readonly bytes: number
}

/**
 * Makes conditional writes of different keys, each for itself: a transaction only carries a hundred of them in one call, where a call for each
 * takes a hundred times as long, at twice the write units. One whose condition fails is left out, and the others are tried again without it.
 *
 * Gives the places of those whose condition failed.
 *
 * @throws MillraceError STORE_FAILED, retryable, where throttles or other writers do not end
 */
export async function transactEach(
  client: DynamoDBClient,
  table: string,
  writes: readonly ConditionalWrite[],
): Promise<ReadonlySet<number>> {
  const failed = new Set<number>()
  await mapConcurrently(toChunks(writes), callsAtOnce, async chunk => {
    let left = chunk
    for (let attempt = 1; left.length > 0; ) {
      try {
        await client.send(new TransactWriteItemsCommand({ TransactItems: left.map(place => writes[place].write) }))
        return
      } catch (error) {
        const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : []
        const isFailed = (at: number) => reasons[at]?.Code === 'ConditionalCheckFailed'
        const others = left.filter((_, at) => !isFailed(at))
        if (others.length === left.length) {
          if (!mayPass(error)) throw error
          if (attempt++ >= triesAtMost) throw storeFailed(table, `${left.length} items could not be written in ${triesAtMost} tries`, error)
          await pauseBeforeRetry(attempt)
        }
        left.forEach((place, at) => {
          if (isFailed(at)) failed.add(place)
        })
        left = others
      }
    }
  })
  return failed
}

/** The places of the writes, in pieces of what one call takes. */
function toChunks(writes: readonly ConditionalWrite[]): number[][] {
  const chunks: number[][] = []
  let bytesOfLast = Number.POSITIVE_INFINITY
  writes.forEach(({ bytes }, place) => {
    const last = chunks.at(-1)
    if (last && last.length < writesPerCall && bytesOfLast + bytes <= bytesPerCall) {
      last.push(place)
      bytesOfLast += bytes
    } else {
      chunks.push([place])
      bytesOfLast = bytes
    }
  })
  return chunks
}
