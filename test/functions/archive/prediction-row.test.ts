import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { toColumns } from '#functions/archive/columns.ts'
import { toPrediction } from '#functions/archive/prediction-row.ts'
import type { Prediction } from '#functions/records.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { makePrediction } from '../../fixtures.ts'

/** The rows of an archived object that holds these values. */
async function archive(values: readonly (object | Buffer)[], options: { readonly utf8?: boolean } = {}) {
  const records = values.map((value, offset) => makeRecord(value, { topic: 'flights.predictions', offset }))
  const bytes = encodeParquet(toColumns(pipeline, records))
  return parquetReadObjects({ file: new Uint8Array(bytes).buffer, ...options })
}

const score = fc.double({ min: 0, max: 1, noNaN: true }).map(Math.fround)
const version = fc.constantFrom('20010102T0646-0b7758f8', 'mein-Modell')
const wholeNumber = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const scored = fc.record({ score, decision: fc.constantFrom('none', 'positive', 'notify'), model: version })
const features = fc.tuple(
  ...pipeline.features.map(({ kind }) =>
    fc.option<number | string>(
      kind === 'number' ? fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => value + 0) : fc.string(),
    ),
  ),
)
const prediction: fc.Arbitrary<Prediction> = fc
  .record({
    id: fc.string({ minLength: 1 }),
    atMs: wholeNumber,
    own: fc.oneof(scored, fc.constant({ score: null, decision: null, model: null })),
    arm: fc.constantFrom('champion', 'challenger'),
    shadows: fc.array(fc.record({ model: version, score }), { maxLength: 2 }),
    features,
    source: fc.record({ topic: fc.constant('flights.events'), partition: fc.nat({ max: 9 }), offset: wholeNumber }),
    scoredAtMs: wholeNumber,
  })
  .map(
    ({ id, atMs, own, arm, shadows, features, source, scoredAtMs }) =>
      ({ id, atMs, ...own, arm, shadows, features, definition: pipeline.definition, source, scoredAtMs }) as Prediction,
  )

describe('toPrediction', () => {
  it('rebuilds every prediction from its archive row, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(prediction, { minLength: 1, maxLength: 20 }), async predictions => {
        const rows = await archive(predictions)
        rows.forEach((row, at) => {
          assert.equal(row.value ?? null, null, 'the raw value is not needed')
          assert.equal(JSON.stringify(toPrediction(row)), JSON.stringify(predictions[at]))
        })
      }),
    )
  })
  it('reads rows whose text was left undecoded', async () => {
    const shadows = [{ model: 's1', score: 0.25 }]
    const [row] = await archive([makePrediction({ shadows })], { utf8: false })
    assert.deepEqual(toPrediction(row), makePrediction({ shadows }))
  })
  it('reads the raw value where the columns do not hold all of it, which is then there byte for byte', async () => {
    const halfPair = makePrediction({ features: pipeline.features.map(({ kind }) => (kind === 'number' ? 1 : '\ud800')) })
    for (const value of [{ ...makePrediction(), extra: 1 }, makePrediction({ definition: 'older', features: [1] }), halfPair]) {
      const [row] = await archive([value])
      assert.equal(row.value, JSON.stringify(value))
      assert.deepEqual(toPrediction(row), value)
    }
    const spaced = Buffer.from(JSON.stringify(makePrediction(), null, 1))
    const [row] = await archive([spaced])
    assert.equal(row.value, String(spaced))
  })
})
