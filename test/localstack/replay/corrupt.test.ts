import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeEvent } from '#functions/features/decode-event.ts'
import { toVector } from '#functions/features/to-features.ts'
import { pipeline } from '#models/pipeline.ts'
import { breakages, corrupt } from '../../../localstack/replay/corrupt.ts'
import type { StreamRecord } from '../../../localstack/replay/merge.ts'
import { collect } from '../../collect.ts'

const flight = { flightId: 'F0000001', departedAtMs: 978_307_260_000, origin: 'LAS', destination: 'PHL', distanceMiles: 2176 }
const preprocessed = (value: Buffer | string | null) => {
  const event = decodeEvent(pipeline, {
    topic: 'flights.events',
    partition: 0,
    offset: 0,
    recordedAtMs: Date.UTC(2026, 10, 23),
    key: null,
    value: value === null ? null : Buffer.from(value as string),
    headers: [],
  })
  return event.ok ? toVector(pipeline, event.value) : event
}

describe('breakages', () => {
  for (const [name, { field, toValue }] of Object.entries(breakages)) {
    it(`has preprocess reject ${name} with a reason that names ${field}`, () => {
      const made = preprocessed(toValue(flight))
      assert.equal(made.ok, false)
      assert.match(made.ok ? '' : made.reason, new RegExp(`\\b${field}\\b`))
    })
  }
  it('leaves out what preprocess takes: an unknown airport, and fields that nobody declared', () => {
    const made = preprocessed(JSON.stringify({ ...flight, origin: 'XXX', gate: 'B7' }))
    const features = made.ok ? made.value : []
    assert.equal(made.ok, true)
    assert.equal(features[pipeline.features.findIndex(({ name }) => name === 'originLatitude')], null)
  })
})

describe('corrupt', () => {
  const stream = Array.from({ length: 4_000 }, (_, at): StreamRecord => {
    const flightId = `F${String(at).padStart(7, '0')}`
    const kind = at % 2 === 0 ? 'event' : 'label'
    return { kind, atMs: at, key: flightId, value: JSON.stringify({ ...flight, flightId }) }
  })
  const corrupted = (ratio: number, seed = 7) => collect(corrupt(stream, { ratio, seed }))

  it("keeps the stream's own records whole and in their order", async () => {
    const records = await corrupted(0.5)
    assert.deepEqual(
      records.filter(({ kind }) => kind !== 'broken'),
      stream,
    )
  })
  it('adds about the ratio of broken events, each after the event it was made from', async () => {
    const records = await corrupted(0.1)
    const broken = records.filter(({ kind }) => kind === 'broken')
    assert.ok(broken.length > 150 && broken.length < 250, `${broken.length} of 2000`)
    for (const record of broken) assert.equal(records[records.indexOf(record) - 1].key, record.key)
  })
  it('adds nothing at ratio 0', async () => {
    assert.deepEqual(await corrupted(0), stream)
  })
  it('uses every kind of breakage', async () => {
    const values = new Set((await corrupted(1)).filter(({ kind }) => kind === 'broken').map(({ key, value }) => `${key} ${value}`))
    for (const [name, { toValue }] of Object.entries(breakages)) {
      const isUsed = stream.some(({ key, value }) => values.has(`${key} ${toValue(JSON.parse(value as string))}`))
      assert.ok(isUsed, name)
    }
  })
  it('gives the same records for the same seed, others for another', async () => {
    assert.deepEqual(await corrupted(0.01), await corrupted(0.01))
    assert.notDeepEqual(await corrupted(0.01), await corrupted(0.01, 8))
  })
})
