import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeEvent } from '#functions/features/decode-event.ts'
import { toFeaturesRecord, toVector, visitEvent } from '#functions/features/to-features.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import { toSource } from '#functions/records.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { flight } from '../../fixtures.ts'

function featuresOf(record: KafkaRecord, own = pipeline) {
  const event = decodeEvent(own, record)
  return event.ok ? toFeaturesRecord(own, { event: event.value, source: toSource(record) }) : event
}

describe('the features of an event', () => {
  it('are its vector with its id, its time, its layout and its place', () => {
    assert.deepEqual(featuresOf(makeRecord(flight, { offset: 7 })), {
      ok: true,
      value: {
        id: 'f1',
        atMs: flight.departedAtMs,
        features: pipeline.toFeatures(flight),
        definition: pipeline.definition,
        source: { topic: 'flights.events', partition: 0, offset: 7 },
      },
    })
  })
  it('do not hang on unknown fields', () => {
    assert.deepEqual(featuresOf(makeRecord({ ...flight, gate: 'B7' })), featuresOf(makeRecord(flight)))
  })
  it('are null for an unknown airport', () => {
    const made = featuresOf(makeRecord({ ...flight, origin: 'ZZZ' }))
    assert.ok(made.ok && made.value.features[5] === null)
  })
  it('are refused where a function of the definition throws', () => {
    const broken = { ...pipeline, toFeatures: () => assert.fail('no such airport') }
    assert.deepEqual(featuresOf(makeRecord(flight), broken), {
      ok: false,
      code: 'FEATURES_FAILED',
      reason: 'a function of the definition threw: no such airport',
    })
  })
  it('are refused where a window cannot be read', () => {
    const read = () => assert.fail('no such key')
    assert.deepEqual(toVector(pipeline, flight, { read, readRows: () => ({}) }), {
      ok: false,
      code: 'FEATURES_FAILED',
      reason: 'a function of the definition threw: no such key',
    })
  })
})

describe('visitEvent', () => {
  const placed = { event: flight, source: { topic: 'flights.events', partition: 0, offset: 0 } }
  const visit = (isLate: boolean, isRepeat: boolean, later: 'drop' | 'amend' | 'reject') => {
    const plan = { ...pipeline.windows!, lateness: { allowedMs: 5, later } }
    const windows = { plan, isRepeat: () => isRepeat, read: () => ({}), readRows: () => ({}) }
    const { outcome, isRepeat: isKnown } = visitEvent(pipeline, { ...placed, isLate }, windows)
    return [outcome.ok ? 'made' : outcome.code, isKnown]
  }
  it('gives a late event features, unless lateness says to reject it', () => {
    assert.deepEqual(
      (['drop', 'amend', 'reject'] as const).map(later => visit(true, false, later)),
      [
        ['made', false],
        ['made', false],
        ['EVENT_LATE', false],
      ],
    )
    assert.deepEqual(visit(false, false, 'reject'), ['made', false])
  })
  it('gives a repeat none, late or not', () => {
    assert.deepEqual(visit(false, true, 'drop'), ['EVENT_REPEATED', true])
    assert.deepEqual(visit(true, true, 'reject'), ['EVENT_REPEATED', true])
  })
})
