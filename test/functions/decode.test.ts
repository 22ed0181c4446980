import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesAtMost, decodeFeatures, decodeJson, decodePrediction } from '#functions/decode.ts'
import { makeRecord } from '../checks/step-checks.ts'
import { makePrediction } from '../fixtures.ts'

describe('decodeJson', () => {
  it('tells an empty value from none', () => {
    assert.match(JSON.stringify(decodeJson({ value: null })), /VALUE_MISSING/)
    assert.match(JSON.stringify(decodeJson({ value: Buffer.alloc(0) })), /VALUE_NOT_JSON/)
  })
})

const source = makePrediction().source
describe('decodePrediction', () => {
  it('takes what infer writes, and ids of up to 1,024 bytes in Unicode', () => {
    for (const id of ['f1', 'Flüg\n1', 'constructor', '🚀'.repeat(256)]) {
      assert.deepEqual(decodePrediction(makeRecord(makePrediction({ id }))), { ok: true, value: makePrediction({ id }) })
    }
  })
  // What a table's key, item or number cannot be, and what would make counters of its own: somebody else wrote it
  const strangers: readonly [what: string, changes: object][] = [
    ['an empty id', { id: '' }],
    ['an id of 1,025 bytes', { id: `${'é'.repeat(512)}x` }],
    ['half a surrogate pair', { id: '\ud800' }],
    ['a number that DynamoDB does not hold', { score: 1e-200 }],
    ['a clock beyond all times', { atMs: 1e300 }],
    ['a place that is none', { source: { ...source, offset: -1 } }],
    ['a topic that is none', { source: { ...source, topic: 'x'.repeat(250) } }],
    ['a version longer than any', { model: 'm'.repeat(129) }],
    ['three shadows', { shadows: ['a', 'b', 'c'].map(model => ({ model, score: 0.5 })) }],
    ['more bytes than infer makes', { features: ['x'.repeat(bytesAtMost.predictions)] }],
  ]
  for (const [what, changes] of strangers) {
    it(`rejects ${what}`, () => {
      const decoded = decodePrediction(makeRecord(makePrediction(changes)))
      assert.deepEqual([decoded.ok, !decoded.ok && decoded.code], [false, 'RECORD_INVALID'])
    })
  }
  it('takes all that is made of features of the most bytes', () => {
    const rest = makePrediction({ features: [], model: 'm'.repeat(128), id: 'x'.repeat(1_024) })
    const shadows = [rest, rest].map(() => ({ model: 'm'.repeat(128), score: 0.1234567890123456 }))
    const { id, atMs, definition } = rest
    const overhead = Buffer.byteLength(JSON.stringify({ id, atMs, features: [''], definition, source }))
    const features = ['x'.repeat(bytesAtMost.features - overhead)]
    const record = makeRecord({ id, atMs, features, definition, source })
    assert.equal(record.value?.byteLength, bytesAtMost.features)
    assert.equal(decodeFeatures(record).ok, true)
    assert.equal(decodePrediction(makeRecord({ ...rest, features, shadows })).ok, true)
  })
})
