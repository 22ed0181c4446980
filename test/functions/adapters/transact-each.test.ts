import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type DynamoDBClient, TransactionCanceledException, type TransactWriteItemsCommandInput } from '@aws-sdk/client-dynamodb'
import { type ConditionalWrite, transactEach } from '#functions/adapters/transact-each.ts'

const makeWrite = (at: number, bytes = 10): ConditionalWrite => ({
  write: { Delete: { TableName: 't', Key: { key: { S: `${at}` } } } },
  bytes,
})
const makeMany = (count: number, bytes?: number) => Array.from({ length: count }, (_, at) => makeWrite(at, bytes))

/** A client that answers its calls one after another: reasons by key cancel a transaction, an error is thrown, nothing is success. */
function open(...answers: (Readonly<Record<string, string>> | Error | undefined)[]) {
  const calls: string[][] = []
  const send = async ({ input }: { readonly input: TransactWriteItemsCommandInput }) => {
    const keys = (input.TransactItems ?? []).map(({ Delete }) => Delete!.Key!.key.S!)
    calls.push(keys)
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    if (answer === undefined) return {}
    const CancellationReasons = keys.map(key => ({ Code: answer[key] ?? 'None' }))
    throw new TransactionCanceledException({ message: 'cancelled', $metadata: {}, CancellationReasons })
  }
  return { client: { send } as unknown as DynamoDBClient, calls }
}

describe('transactEach', () => {
  it('makes all of them, a hundred a call', async () => {
    const { client, calls } = open()
    assert.deepEqual([...(await transactEach(client, 't', makeMany(230)))], [])
    assert.deepEqual(
      calls.map(({ length }) => length),
      [100, 100, 30],
    )
  })
  it('sends no call of more than 4 MB', async () => {
    const { client, calls } = open()
    await transactEach(client, 't', makeMany(30, 300_000))
    for (const { length } of calls) assert.ok(length * 300_000 <= 4_194_304)
    assert.equal(calls.flat().length, 30)
  })
  it('leaves out those whose condition fails, and makes the others', async () => {
    const { client, calls } = open({ 1: 'ConditionalCheckFailed', 3: 'ConditionalCheckFailed' })
    assert.deepEqual([...(await transactEach(client, 't', makeMany(5)))], [1, 3])
    assert.deepEqual(calls, [
      ['0', '1', '2', '3', '4'],
      ['0', '2', '4'],
    ])
  })
  it('tries again what met another writer or a throttle', async () => {
    const throttled = Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
    const { client, calls } = open({ 1: 'TransactionConflict' }, throttled)
    assert.deepEqual([...(await transactEach(client, 't', makeMany(2)))], [])
    assert.equal(calls.length, 3)
  })
  it('throws what no other time mends, at once', async () => {
    const { client, calls } = open({ 0: 'ValidationError' })
    await assert.rejects(transactEach(client, 't', makeMany(1)), { name: 'TransactionCanceledException' })
    assert.equal(calls.length, 1)
  })
})
