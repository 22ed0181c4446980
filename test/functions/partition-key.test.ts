import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { partitionKey } from '#functions/partition-key.ts'

describe('partitionKey', () => {
  it('is the record’s own key, also an empty one, and its id where it has none', () => {
    assert.deepEqual(partitionKey(Buffer.from('k'), 'id'), Buffer.from('k'))
    assert.deepEqual(partitionKey(Buffer.alloc(0), 'id'), Buffer.alloc(0))
    assert.equal(partitionKey(null, 'id'), 'id')
  })
  it('is a short hash of a key of more than 1,024 bytes, the same for the same key', () => {
    const [a, b] = ['a', 'b'].map(letter => Buffer.from(letter.repeat(1_200_000)))
    assert.equal(partitionKey(a, 'id').length, 50)
    assert.equal(partitionKey(a, 'id'), partitionKey(Buffer.from(a), 'id2'))
    assert.notEqual(partitionKey(a, 'id'), partitionKey(b, 'id'))
    assert.deepEqual(partitionKey(a.subarray(0, 1_024), 'id'), a.subarray(0, 1_024))
  })
})
