import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeEvent, readEvent } from '#functions/features/decode-event.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { flight } from '../../fixtures.ts'

const dayMs = 86_400_000

describe('decodeEvent', () => {
  it('gives the event of a record', () => {
    assert.deepEqual(decodeEvent(pipeline, makeRecord(flight)), { ok: true, value: flight })
  })
  it('rejects an event that the filter leaves out', () => {
    const filtered = decodeEvent({ ...pipeline, isScored: () => false }, makeRecord(flight))
    assert.deepEqual(filtered, { ok: false, code: 'FILTERED', reason: "the definition's filter leaves it out" })
  })
  it('rejects an event at which the filter throws', () => {
    const thrown = decodeEvent({ ...pipeline, isScored: () => assert.fail('no such airport') }, makeRecord(flight))
    assert.deepEqual(thrown, { ok: false, code: 'FEATURES_FAILED', reason: 'a function of the definition threw: no such airport' })
  })
})

describe('readEvent', () => {
  const recordedAtMs = flight.departedAtMs - 2 * dayMs
  it('rejects a clock that is wrong by the time at which Kafka took the record', () => {
    const read = readEvent(pipeline, flight, { recordedAtMs })
    assert.equal(read.ok ? '' : read.code, 'EVENT_INVALID')
    assert.match(read.ok ? '' : read.reason, /^departedAtMs: 172800000 ms after Kafka took the record/)
  })
  it('takes any clock where that time is not known', () => {
    assert.deepEqual(readEvent(pipeline, flight, {}), { ok: true, value: flight })
  })
})
