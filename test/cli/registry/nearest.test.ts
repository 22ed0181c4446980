import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearestNames } from '../../../cli/registry/nearest.ts'

describe('nearestNames', () => {
  it('puts the name with the fewest changed letters first', () => {
    assert.deepEqual(nearestNames('sitten', ['mitten', 'kitchen', 'sitting'], 2), ['mitten', 'sitting'])
  })
  it('takes a part of a name as it', () => {
    assert.deepEqual(nearestNames('0b77', ['20010103T1905-d9c5', '20010102T0646-0b77'], 1), ['20010102T0646-0b77'])
  })
  it('is empty where there are no names', () => {
    assert.deepEqual(nearestNames('a', [], 3), [])
  })
})
