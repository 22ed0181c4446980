import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseDuration } from '../../../cli/flags/parse-duration.ts'

describe('parseDuration', () => {
  it('reads a time with its unit', () => {
    assert.deepEqual(['500ms', '10s', '1.5h'].map(parseDuration), [500, 10_000, 5_400_000])
  })
  it('rejects a number without a unit', () => {
    assert.throws(() => parseDuration('10'), { message: 'It must be a time such as 500ms, 10s or 2m.' })
  })
})
