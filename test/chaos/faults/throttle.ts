import { type AwsCall, type Disturbance, toDynamoError } from './aws-call.ts'

type Requests = Readonly<Record<string, readonly unknown[] | { readonly Keys: readonly unknown[] }>>

/**
 * Throttles a DynamoDB call as DynamoDB does: a batch call does a part of its work and names the rest as unprocessed, at times all of it;
 * any other call is refused.
 *
 * `random` gives 0 to below 1: the share of a batch that is done.
 */
export function throttle(call: AwsCall, random: () => number): Disturbance {
  const isWrite = call.dynamoOperation === 'BatchWriteItem'
  if (!isWrite && call.dynamoOperation !== 'BatchGetItem') {
    return { kind: 'answer', answer: toDynamoError(400, 'ProvisionedThroughputExceededException') }
  }
  const input = JSON.parse(String(call.body)) as { readonly RequestItems: Requests }
  const done: Record<string, unknown> = {}
  const rest: Record<string, unknown> = {}
  for (const [table, requests] of Object.entries(input.RequestItems)) {
    const items = 'Keys' in requests ? requests.Keys : requests
    const toRequests = (some: readonly unknown[]) => ('Keys' in requests ? { ...requests, Keys: some } : some)
    const count = Math.floor(random() * items.length)
    if (count > 0) done[table] = toRequests(items.slice(0, count))
    if (count < items.length) rest[table] = toRequests(items.slice(count))
  }
  const unprocessed = { [isWrite ? 'UnprocessedItems' : 'UnprocessedKeys']: rest }
  if (Object.keys(done).length === 0) {
    const body = JSON.stringify(isWrite ? unprocessed : { Responses: {}, ...unprocessed })
    return { kind: 'answer', answer: { status: 200, type: 'application/x-amz-json-1.0', body } }
  }
  return {
    kind: 'change',
    body: JSON.stringify({ ...input, RequestItems: done }),
    toAnswer: answer => JSON.stringify({ ...JSON.parse(answer), ...unprocessed }),
  }
}
