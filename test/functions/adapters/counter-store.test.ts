import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { counterStoreChecks } from '../../checks/counter-store-checks.ts'
import { bytesOfItem, type Item } from '../../dynamo-limits.ts'
import { cancelled, memoryDynamo } from '../../memory-dynamo.ts'

const item = (name: string, json = '{}') => ({ partition: 'p-0', name, version: 0, json })

counterStoreChecks('on a table in memory', async () => dynamoCounters('counters', memoryDynamo().client))

/** A store whose first answers are as given; then the table answers. */
function interrupted(operation: string, answers: (() => object)[]) {
  const dynamo = memoryDynamo(own => (own === operation ? answers.shift()?.() : undefined))
  return { ...dynamo, store: dynamoCounters('counters', dynamo.client) }
}
const throws = (error: Error) => () => {
  throw error
}
const throttled = throws(Object.assign(new Error('too fast'), { name: 'ThrottlingException' }))
const countOf = (calls: readonly { readonly operation: string }[], operation: string) =>
  calls.filter(call => call.operation === operation).length

describe('counter store', () => {
  it('compresses what it writes, and says when it may be forgotten', async () => {
    const { client, itemsOf } = memoryDynamo()
    await dynamoCounters('counters', client).write([{ ...item('a', '0'.repeat(100_000)), expiresAtSec: 1_234 }, item('b')])
    const [first, second]: readonly Item[] = itemsOf('counters')
    assert.ok(bytesOfItem(first) < 400, `${bytesOfItem(first)} bytes`)
    assert.deepEqual([first.expiresAtSec, second.expiresAtSec], [{ N: '1234' }, undefined])
  })
  it('writes again what was throttled or met another transaction, as the same transaction', async () => {
    const { store, calls } = interrupted('TransactWriteItems', [
      throttled,
      throws(cancelled(['TransactionConflict', 'None'])),
      throws(cancelled(['ThrottlingError', 'None'])),
    ])
    await store.write([item('a'), item('b')])
    const tokens = calls.map(({ input }) => (input as { readonly ClientRequestToken: string }).ClientRequestToken)
    assert.deepEqual([tokens.length, new Set(tokens).size], [4, 1])
    assert.equal((await store.read([item('a')])).length, 1)
  })
  it('rejects, to be tried again, what stays throttled', async () => {
    const { store, calls } = interrupted('TransactWriteItems', Array(20).fill(throttled))
    await assert.rejects(store.write([item('a')]), { code: 'STORE_FAILED', retryable: true, message: /ThrottlingException: too fast/ })
    assert.equal(calls.length, 8)
  })
  it('rejects at once what a twin was quicker with', async () => {
    const { store, calls } = interrupted('TransactWriteItems', [throws(cancelled(['None', 'ConditionalCheckFailed']))])
    await assert.rejects(store.write([item('a'), item('b')]), { code: 'STORE_FAILED', retryable: true, message: /ConditionalCheckFailed/ })
    assert.equal(calls.length, 1)
  })
  it('reads again what was throttled or left unprocessed, and gives up after eight tries', async () => {
    const unprocessed = () => ({ Responses: {}, UnprocessedKeys: { counters: { Keys: [{ partition: { S: 'p-0' }, name: { S: 'a' } }] } } })
    const again = interrupted('BatchGetItem', [unprocessed, throttled, unprocessed])
    await again.store.write([item('a')])
    assert.deepEqual(await again.store.read([item('a')]), [{ ...item('a'), version: 1 }])
    assert.equal(countOf(again.calls, 'BatchGetItem'), 4)
    const hopeless = interrupted('BatchGetItem', Array(20).fill(unprocessed))
    await assert.rejects(hopeless.store.read([item('a')]), { code: 'STORE_FAILED', message: /1 items could not be read in 8 tries/ })
    assert.equal(countOf(hopeless.calls, 'BatchGetItem'), 8)
  })
  it('reads 20 MB, of which an answer holds 16', async () => {
    const { client } = memoryDynamo()
    const store = dynamoCounters('counters', client)
    const names = Array.from({ length: 100 }, (_, at) => `n${at}`)
    const json = randomBytes(170_000).toString('base64')
    for (const name of names) await store.write([item(name, json)])
    const read = await store.read(names.map(name => item(name)))
    assert.deepEqual(new Set(read.map(({ name }) => name)), new Set(names))
    assert.equal((await store.readAll(['p-0'], 'n')).length, 100)
  })
  it('refuses, as DynamoDB does, an item of 400 kB and an item twice', async () => {
    const store = dynamoCounters('counters', memoryDynamo().client)
    await assert.rejects(store.write([item('a', randomBytes(500_000).toString('base64'))]), /Item size has exceeded/)
    await assert.rejects(store.write([item('a'), item('a')]), /multiple operations on one item/)
  })
})
