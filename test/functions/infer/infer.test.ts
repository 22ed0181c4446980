import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Scorer } from '#functions/bundles/scorer.ts'
import { makeInfer } from '#functions/infer/infer.ts'
import type { OutgoingRecord } from '#functions/ports.ts'
import type { Prediction } from '#functions/records.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeBreaker, makeRecord, stepChecks, toLine } from '../../checks/step-checks.ts'
import { flight, makePrediction } from '../../fixtures.ts'

/** Scores a flight by its distance, so that each row is known again. */
const byDistance: Scorer = {
  version: 'v1',
  definition: pipeline.definition,
  score: async rows => rows.map(row => Number(row[2]) / 10_000),
  release: async () => {},
}

function open({ breakCall, scorer = byDistance }: { readonly breakCall?: number; readonly scorer?: Scorer | null } = {}) {
  const sent: OutgoingRecord[] = []
  const mayBreak = makeBreaker(breakCall)
  const step = makeInfer({
    pipeline,
    champion: async () => {
      mayBreak()
      return scorer ?? undefined
    },
    send: async records => {
      mayBreak()
      sent.push(...records)
    },
    nowMs: () => 1_000,
  })
  return { step, sent, written: () => sent.map(toLine) }
}

function makeFeatures(at: number, changes: object = {}) {
  const { id, atMs, features, definition, source } = makePrediction({
    id: `f${at}`,
    features: pipeline.toFeatures({ ...flight, distanceMiles: at * 1000 }),
  })
  return { id, atMs, features, definition, source, ...changes }
}

const good = [1, 2, 3, 8].map((at, index) => makeRecord(makeFeatures(at), { topic: 'flights.features', partition: index >> 1, offset: at }))
const bad = [makeRecord(null), makeRecord(Buffer.from('{')), makeRecord({ id: 1 })]
const predictionsOf = (sent: readonly OutgoingRecord[]) => sent.map(record => JSON.parse(String(record.value)) as Prediction)

stepChecks({ name: 'infer', open, good, bad })

describe('infer', () => {
  it('writes a prediction with all that it was made from', async () => {
    const { step, sent } = open()
    await step(good.slice(1, 2))
    assert.deepEqual(predictionsOf(sent), [
      { ...makeFeatures(2), score: 0.2, decision: 'none', model: 'v1', arm: 'champion', shadows: [], scoredAtMs: 1_000 },
    ])
  })
  it('decides by the thresholds of the definition', async () => {
    const { step, sent } = open()
    await step([4, 5, 6, 7].map(at => makeRecord(makeFeatures(at))))
    assert.deepEqual(
      predictionsOf(sent).map(prediction => prediction.decision),
      ['none', 'positive', 'positive', 'notify'],
    )
  })
  it('writes null scores while there is no champion', async () => {
    const { step, sent } = open({ scorer: null })
    const { counts } = await step(good)
    assert.deepEqual(counts, { scored: 0, unscored: 4, rejected: 0 })
    for (const { score, decision, model } of predictionsOf(sent)) assert.deepEqual([score, decision, model], [null, null, null])
  })
  it('writes a null score for a row of another feature layout, and scores its neighbours', async () => {
    const { step, sent } = open()
    await step([makeRecord(makeFeatures(1)), makeRecord(makeFeatures(2, { definition: 'older' })), makeRecord(makeFeatures(3))])
    assert.deepEqual(
      predictionsOf(sent).map(({ score, model }) => [score, model]),
      [
        [0.1, 'v1'],
        [null, null],
        [0.3, 'v1'],
      ],
    )
  })
  it('calls the model once for a batch', async () => {
    let calls = 0
    const counting: Scorer = {
      ...byDistance,
      score: rows => {
        calls++
        return byDistance.score(rows)
      },
    }
    const { step } = open({ scorer: counting })
    await step(good)
    assert.equal(calls, 1)
  })
})
