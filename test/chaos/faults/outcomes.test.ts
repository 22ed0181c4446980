import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { countOutcomes, type EventEvidence } from './outcomes.ts'

const whole: EventEvidence = {
  ids: ['a', 'b'],
  places: new Set(['e-0-0', 'e-0-1', 'e-0-2', 'e-0-3']),
  predicted: new Map([
    ['e-0-0', 'a'],
    ['e-0-1', 'b'],
    ['e-0-2', 'b'], // published again
  ]),
  rejected: new Set(['e-0-3']),
  inTable: new Set(['a', 'b']),
}

describe('countOutcomes', () => {
  it('counts ids once, however often they were published', () => {
    assert.deepEqual(countOutcomes(whole), { predictions: 2, rejected: 1, lost: 0, doubled: 0 })
  })
  it('finds an event that ended nowhere', () => {
    assert.equal(countOutcomes({ ...whole, rejected: new Set() }).lost, 1)
  })
  it('finds an id that was never in the topic', () => {
    assert.equal(countOutcomes({ ...whole, ids: ['a', 'b', 'c'] }).lost, 1)
  })
  it('finds an id that the table does not have', () => {
    assert.equal(countOutcomes({ ...whole, inTable: new Set(['a']) }).lost, 1)
  })
  it('finds an event that was predicted and rejected', () => {
    assert.equal(countOutcomes({ ...whole, rejected: new Set(['e-0-3', 'e-0-0']) }).doubled, 1)
  })
  it('finds a prediction of what nobody published', () => {
    assert.equal(countOutcomes({ ...whole, ids: ['a'] }).doubled, 1)
    assert.equal(countOutcomes({ ...whole, predicted: new Map([...whole.predicted, ['e-0-9', 'a']]) }).doubled, 1)
  })
})
