import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeCounted, decodeOp, readOp } from '#functions/features/decode-op.ts'
import { pipeline as payments } from '#models/examples/payments.ts'
import { pipeline } from '#models/pipeline.ts'
import { toOp } from '#models/windows/op.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { flight, landing } from '../../fixtures.ts'

const sourceOf = (own: typeof pipeline, name: string) => own.windows!.sources.find(source => source.name === name)!
const [events, labels] = ['events', 'labels'].map(name => sourceOf(pipeline, name))
const limits = sourceOf(payments, 'limits')
const ofTable = (value: unknown, key: string | null = 'c1') =>
  makeRecord(value, { topic: 'payments.limits', key: key === null ? null : Buffer.from(key) })

describe('decodeCounted', () => {
  it('gives what windows keep of an event, with the event', () => {
    assert.deepEqual(decodeCounted(pipeline, events, makeRecord(flight)), { op: toOp(events, flight), event: flight })
  })
  it('gives what windows keep of a label', () => {
    assert.deepEqual(decodeCounted(pipeline, labels, makeRecord(landing)), { op: toOp(labels, landing) })
  })
  it('gives nothing of what cannot be read, is left out, or makes a function of the definition throw', () => {
    assert.equal(decodeCounted(pipeline, labels, makeRecord(flight)), undefined)
    assert.equal(decodeCounted(pipeline, events, makeRecord(null)), undefined)
    assert.equal(decodeCounted({ ...pipeline, isScored: () => false }, events, makeRecord(flight)), undefined)
    const throwing = { ...events, keys: [() => assert.fail('no key')] }
    assert.equal(decodeCounted(pipeline, throwing, makeRecord(flight)), undefined)
  })
})

describe('decodeOp', () => {
  it("keeps a table's row under the key of its record", () => {
    const op = decodeOp(payments, limits, ofTable({ limitCents: 5 }))
    assert.deepEqual(op.ok && op.value.rows, [['c1', { limitCents: 5 }]])
  })
  it("takes a key's row away where the record has no value, and only of a table", () => {
    const op = decodeOp(payments, limits, ofTable(null))
    assert.deepEqual(op.ok && op.value.rows, [['c1', null]])
    const label = decodeOp(pipeline, labels, makeRecord(null))
    assert.equal(label.ok ? '' : label.code, 'VALUE_MISSING')
  })
  it('says what is wrong with a record', () => {
    const wrong = decodeOp(payments, limits, ofTable({ limitCents: -1 }))
    assert.deepEqual(wrong, { ok: false, code: 'RECORD_INVALID', reason: 'limitCents: too small: expected number to be >=0' })
  })
})

describe('readOp', () => {
  it('checks a clock only where it is known when Kafka took the record', () => {
    const recordedAtMs = landing.landedAtMs - 2 * 86_400_000
    assert.equal(readOp(pipeline, labels, landing, {}).ok, true)
    assert.equal(readOp(pipeline, labels, landing, { recordedAtMs }).ok, false)
  })
})
