import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toAwsCall } from './aws-call.ts'
import { throttle } from './throttle.ts'

const call = (operation: string, input: unknown) =>
  toAwsCall('POST', '/', `DynamoDB_20120810.${operation}`, Buffer.from(JSON.stringify(input)))
const puts = ['a', 'b', 'c'].map(id => ({ PutRequest: { Item: { id: { S: id } } } }))

describe('throttle', () => {
  it('refuses a call of one item as DynamoDB does', () => {
    const disturbance = throttle(call('PutItem', { TableName: 't' }), () => 0.5)
    assert.ok(disturbance.kind === 'answer')
    assert.equal(disturbance.answer.status, 400)
    assert.match(disturbance.answer.body, /#ProvisionedThroughputExceededException"/)
  })
  it('does a part of a batch of writes and names the rest as unprocessed', () => {
    const disturbance = throttle(call('BatchWriteItem', { RequestItems: { t: puts } }), () => 0.5)
    assert.ok(disturbance.kind === 'change')
    assert.deepEqual(JSON.parse(disturbance.body).RequestItems, { t: puts.slice(0, 1) })
    assert.deepEqual(JSON.parse(disturbance.toAnswer('{"UnprocessedItems":{}}')).UnprocessedItems, { t: puts.slice(1) })
  })
  it('does a part of a batch of reads and keeps how they are to be read', () => {
    const request = { Keys: [{ id: { S: 'a' } }, { id: { S: 'b' } }], ConsistentRead: true }
    const disturbance = throttle(call('BatchGetItem', { RequestItems: { t: request } }), () => 0.5)
    assert.ok(disturbance.kind === 'change')
    assert.deepEqual(JSON.parse(disturbance.body).RequestItems, { t: { ...request, Keys: request.Keys.slice(0, 1) } })
    const answer = JSON.parse(disturbance.toAnswer('{"Responses":{"t":[]},"UnprocessedKeys":{}}'))
    assert.deepEqual(answer, { Responses: { t: [] }, UnprocessedKeys: { t: { ...request, Keys: request.Keys.slice(1) } } })
  })
  it('answers by itself where nothing of a batch is done', () => {
    const disturbance = throttle(call('BatchWriteItem', { RequestItems: { t: puts } }), () => 0)
    assert.ok(disturbance.kind === 'answer')
    assert.deepEqual(JSON.parse(disturbance.answer.body), { UnprocessedItems: { t: puts } })
  })
})
