import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { unfollowedSettings } from '../../../localstack/event-source/rules.ts'

describe('unfollowedSettings', () => {
  it('names a setting whose rule is for later', () => {
    assert.deepEqual(unfollowedSettings({ BatchSize: 7, FilterCriteria: { Filters: [] } }), ['FilterCriteria'])
  })
  it('passes over a setting that switches its rule off', () => {
    assert.deepEqual(unfollowedSettings({ MaximumRecordAgeInSeconds: -1, BisectBatchOnFunctionError: false }), [])
  })
})
