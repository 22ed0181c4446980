import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesOfItem, type Item, refusalOf } from './dynamo-limits.ts'

const counter = (changes: Item = {}): Item => ({ partition: { S: 'p-0' }, name: { S: 'guard' }, ...changes })
const bytes = (count: number) => ({ json: { B: new Uint8Array(count) } })
const numbers = (...texts: string[]) => ({ deep: { M: { list: { L: texts.map(N => ({ N })) } } } })
const putAll = (items: readonly Item[]) => ({ TransactItems: items.map(Item => ({ Put: { TableName: 'counters', Item } })) })
const numbered = (count: number, changes: Item = {}) =>
  Array.from({ length: count }, (_, at) => counter({ name: { S: `n${at}` }, ...changes }))
const tooManyBytes = 'Item size has exceeded the maximum allowed size'

describe('bytesOfItem', () => {
  it('is names and values in UTF-8, two digits a byte', () => {
    assert.equal(bytesOfItem({ id: { S: 'ü' } }), 4)
    assert.equal(bytesOfItem({ n: { N: '-123.5' } }), 1 + 2 + 1 + 1)
    assert.equal(bytesOfItem({ n: { N: '1000' } }), 1 + 1 + 1)
    assert.equal(bytesOfItem({ b: { B: new Uint8Array(5) }, c: { B: Buffer.from('hello').toString('base64') } }), 12)
    assert.equal(bytesOfItem({ m: { M: { a: { BOOL: true } } }, l: { L: [{ NULL: true }] } }), 1 + 3 + 3 + 1 + 3 + 2)
  })
})

describe('refusalOf', () => {
  const rest = bytesOfItem(counter(bytes(0)))
  const cases: readonly (readonly [what: string, operation: string, input: object, message: RegExp | undefined])[] = [
    ['an item of 400 kB', 'PutItem', { TableName: 'counters', Item: counter(bytes(409_600 - rest)) }, undefined],
    ['an item above it', 'PutItem', { TableName: 'counters', Item: counter(bytes(409_601 - rest)) }, /^Item size has exceeded/],
    [
      'numbers at the ends',
      'PutItem',
      { TableName: 'counters', Item: counter(numbers('9.9e125', '-1e-130', '0', '1'.repeat(38))) },
      undefined,
    ],
    ['a number beyond', 'PutItem', { TableName: 'counters', Item: counter(numbers('1e300')) }, /^Number overflow/],
    ['a number too small', 'PutItem', { TableName: 'counters', Item: counter(numbers('-1e-131')) }, /^Number underflow/],
    ['a number of 39 digits', 'PutItem', { TableName: 'counters', Item: counter(numbers(`0.${'1'.repeat(39)}`)) }, /more than 38/],
    ['no number', 'PutItem', { TableName: 'counters', Item: counter(numbers('NaN')) }, /cannot be converted/],
    ['a missing key', 'PutItem', { TableName: 'counters', Item: { partition: { S: 'p' } } }, /required keys was not given a value: name/],
    ['an empty key', 'GetItem', { TableName: 'predictions', Key: { id: { S: '' } } }, /is empty/],
    ['a key of 2,048 bytes', 'GetItem', { TableName: 'predictions', Key: { id: { S: 'ü'.repeat(1_024) } } }, undefined],
    ['a longer key', 'GetItem', { TableName: 'predictions', Key: { id: { S: 'x'.repeat(2_049) } } }, /maximum size limit of 2048 bytes/],
    ['a longer sort key', 'PutItem', { TableName: 'counters', Item: counter({ name: { S: 'x'.repeat(1_025) } }) }, /limit of 1024 bytes/],
    ['a query without a key', 'Query', { TableName: 'state', ExpressionAttributeValues: { ':log': { S: '' } } }, /is empty/],
    ['a query', 'Query', { TableName: 'state', ExpressionAttributeValues: { ':log': { S: 'l' }, ':n': { N: '1' } } }, undefined],
    ['a read of 100 keys', 'BatchGetItem', { RequestItems: { counters: { Keys: numbered(100) } } }, undefined],
    ['a read of 101 keys', 'BatchGetItem', { RequestItems: { counters: { Keys: numbered(101) } } }, /^Too many items/],
    ['a read of nothing', 'BatchGetItem', { RequestItems: {} }, /at least one key/],
    ['a read of one key twice', 'BatchGetItem', { RequestItems: { counters: { Keys: [counter(), counter()] } } }, /contains duplicates$/],
    ['a transaction of 100', 'TransactWriteItems', putAll(numbered(100)), undefined],
    ['a transaction of 101', 'TransactWriteItems', putAll(numbered(101)), /less than or equal to 100/],
    ['a transaction above 4 MB', 'TransactWriteItems', putAll(numbered(14, bytes(300_000))), /exceeds 4 MB/],
    ['a transaction with a large item', 'TransactWriteItems', putAll([counter(bytes(409_600))]), new RegExp(tooManyBytes)],
    ['a transaction with an item twice', 'TransactWriteItems', putAll([counter(), counter(bytes(1))]), /multiple operations on one item$/],
    ['what it does not know', 'ListTables', {}, undefined],
  ]
  for (const [what, operation, input, message] of cases) {
    it(`${message ? 'refuses' : 'takes'} ${what}`, () => {
      const refusal = refusalOf(operation, input)
      if (!message) assert.equal(refusal, undefined)
      else {
        assert.equal(refusal?.name, 'ValidationException')
        assert.match(refusal.message, message)
      }
    })
  }
  const writes = (items: readonly Item[]) => ({ RequestItems: { predictions: items.map(Item => ({ PutRequest: { Item } })) } })
  const rows = (count: number, changes: Item = {}) => Array.from({ length: count }, (_, at) => ({ id: { S: `i${at}` }, ...changes }))
  it('takes a batch of 25 writes, and refuses 26, one of 400 kB, and an id twice', () => {
    assert.equal(refusalOf('BatchWriteItem', writes(rows(25))), undefined)
    assert.match(refusalOf('BatchWriteItem', writes(rows(26)))!.message, /^Too many items/)
    assert.equal(refusalOf('BatchWriteItem', writes(rows(1, bytes(409_600))))!.message, tooManyBytes)
    assert.match(refusalOf('BatchWriteItem', writes([...rows(2), ...rows(1)]))!.message, /contains duplicates$/)
  })
  it('tells two rows of a table whose keys it does not know apart by nothing', () => {
    const twice = { RequestItems: { other: { Keys: [{ id: { S: 'a' } }, { id: { S: 'a' } }] } } }
    assert.equal(refusalOf('BatchGetItem', twice), undefined)
    assert.match(refusalOf('BatchGetItem', twice, () => ['id'])!.message, /contains duplicates$/)
  })
})
