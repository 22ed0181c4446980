import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  BatchWriteItemCommand,
  type DynamoDBClient,
  type KeysAndAttributes,
  TransactionCanceledException,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb'
import { MillraceError } from '#models/errors.ts'
import { cut, mapConcurrently, pauseBeforeRetry } from './concurrency.ts'

/** DynamoDB's own limits of a batch, such reads in flight, and tries of what stays undone. */
const keysPerCall = 100
const writesPerCall = 25
const callsAtOnce = 8
export const triesAtMost = 8

export type DynamoItem = Readonly<Record<string, AttributeValue>>

/** Reads the items of these keys, in any order and number. What DynamoDB leaves unprocessed is asked for again, after a pause where it gave nothing. */
export async function batchGet(client: DynamoDBClient, table: string, { Keys = [], ...how }: KeysAndAttributes): Promise<DynamoItem[]> {
  const found: DynamoItem[] = []
  await mapConcurrently(cut(Keys, keysPerCall), callsAtOnce, async chunk => {
    let request: KeysAndAttributes | undefined = { Keys: chunk, ...how }
    let idleTries = 0
    while (request?.Keys?.length) {
      const { items, unprocessed } = await getOnce(client, table, request)
      found.push(...items)
      request = unprocessed
      idleTries = items.length > 0 ? 0 : idleTries + 1 // an answer holds 16 MB: going on is no retry
      if (!request?.Keys?.length || idleTries === 0) continue
      if (idleTries >= triesAtMost) throw storeFailed(table, `${request.Keys.length} items could not be read in ${triesAtMost} tries`)
      await pauseBeforeRetry(idleTries)
    }
  })
  return found
}

/** One answer; a call that was throttled as a whole is one that processed nothing. */
async function getOnce(client: DynamoDBClient, table: string, request: KeysAndAttributes) {
  try {
    const command = new BatchGetItemCommand({ RequestItems: { [table]: request } })
    const { Responses, UnprocessedKeys }: BatchGetItemCommandOutput = await client.send(command)
    return { items: Responses?.[table] ?? [], unprocessed: UnprocessedKeys?.[table] }
  } catch (error) {
    if (!isThrottled((error as Error).name)) throw error
    return { items: [], unprocessed: request }
  }
}

/** Writes these items, in any number, each whatever was there before. Gives those that stayed unprocessed in all tries. */
export async function batchPut(
  client: DynamoDBClient,
  table: string,
  items: readonly DynamoItem[],
  { callsAtOnce, triesAtMost }: { readonly callsAtOnce: number; readonly triesAtMost: number },
): Promise<readonly DynamoItem[]> {
  const unwritten: DynamoItem[] = []
  await mapConcurrently(cut(items, writesPerCall), callsAtOnce, async chunk => {
    let requests: WriteRequest[] = chunk.map(Item => ({ PutRequest: { Item } }))
    for (let attempt = 0; requests.length > 0 && attempt < triesAtMost; attempt++) {
      if (attempt > 0) await pauseBeforeRetry(attempt)
      const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }))
      requests = UnprocessedItems?.[table] ?? []
    }
    unwritten.push(...requests.map(({ PutRequest }) => PutRequest!.Item!))
  })
  return unwritten
}

const throttles = ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded', 'InternalServerError']

/** Whether an error of this name says that the same call may do later. */
export const isThrottled = (name: string) => throttles.includes(name)

/** Why an item had no part in a transaction that was cancelled, where it may have one later. */
const passing = ['None', 'TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']

/** Whether a transaction that ended in this error may be done later, as it is. */
export function mayPass(cause: unknown): boolean {
  if (cause instanceof TransactionCanceledException)
    return (cause.CancellationReasons ?? []).every(({ Code = '' }) => passing.includes(Code))
  const { name } = cause as Error
  return isThrottled(name) || name === 'TransactionInProgressException'
}

export function storeFailed(table: string, what: string, cause?: unknown): MillraceError {
  return new MillraceError('STORE_FAILED', `table ${table}: ${what}`, { retryable: true, cause })
}
