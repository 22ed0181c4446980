import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parquetReadObjects } from 'hyparquet'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { toColumns } from '#functions/archive/columns.ts'
import { toFeedbackValue } from '#functions/archive/feedback-row.ts'
import { decodeFeedback } from '#functions/decode.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { makeFeedback } from '../../fixtures.ts'

/** The archived row of one value of topic feedback. */
async function archive(value: object | Buffer | null) {
  const bytes = encodeParquet(toColumns(pipeline, [makeRecord(value, { topic: 'flights.feedback' })]))
  const [row] = await parquetReadObjects({ file: new Uint8Array(bytes).buffer, utf8: false })
  return row
}
const decode = async (value: object) => decodeFeedback({ value: toFeedbackValue(pipeline, await archive(value)) })

describe('toFeedbackValue', () => {
  it('decodes to what was archived as typed columns alone, layer and shadows too', async () => {
    const feedback = makeFeedback({
      score: 0.1 + 0.2,
      shadows: [{ model: 'm2', score: 0.3 }],
      layer: { version: 3, score: 0.123456, trace: Buffer.from([1, 2, 3, 255]).toString('base64') },
      labelSource: { topic: 'flights.labels', partition: 2, offset: 9 },
    })
    assert.equal((await archive(feedback)).value ?? null, null)
    assert.deepEqual(await decode(feedback), { ok: true, value: feedback })
  })
  it('decodes to what was archived without a champion and without a layer', async () => {
    const feedback = makeFeedback({ score: null, decision: null, model: null, target: 0 })
    assert.deepEqual(await decode(feedback), { ok: true, value: feedback })
  })
  it('is the bytes that were kept: of another definition, or of what is no feedback', async () => {
    const other = Buffer.from(JSON.stringify(makeFeedback({ definition: 'other', features: [1] })))
    for (const value of [other, Buffer.from('{')]) assert.deepEqual(toFeedbackValue(pipeline, await archive(value)), value)
  })
  it('is null for a tombstone', async () => {
    assert.equal(toFeedbackValue(pipeline, await archive(null)), null)
  })
})
