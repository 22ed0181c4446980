import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ModelsInService } from '#functions/bundles/models-in-service.ts'
import type { Scorer } from '#functions/bundles/scorer.ts'
import { makeKeySplit } from '#functions/infer/arm.ts'
import { makeInfer } from '#functions/infer/infer.ts'
import type { CandidateFailure } from '#functions/infer/score-rows.ts'
import type { CurrentLayer, LayerAbsence } from '#functions/layer/current.ts'
import type { KafkaRecord, OutgoingRecord } from '#functions/ports.ts'
import type { Prediction } from '#functions/records.ts'
import { parseRejected } from '#functions/rejected.ts'
import { pipeline } from '#models/pipeline.ts'
import type { FeatureValue } from '#models/pipeline-compiler.ts'
import { makeBreaker, makeRecord, stepChecks, toLine } from '../../checks/step-checks.ts'
import { flight, makePrediction } from '../../fixtures.ts'

/** Scores a flight by its distance, so that each row is known again. */
const byDistance: Scorer = {
  version: 'v1',
  definition: pipeline.definition,
  score: async rows => rows.map(row => Number(row[2]) / 10_000),
  release: async () => {},
}

const scorerOf = (version: string, score: (row: readonly FeatureValue[]) => number): Scorer => {
  return { ...byDistance, version, score: async rows => rows.map(score) }
}

interface Opened {
  readonly breakCall?: number
  readonly models?: ModelsInService
  readonly layer?: CurrentLayer | LayerAbsence
}

function open({ breakCall, models = { champion: byDistance }, layer = 'off' }: Opened = {}) {
  const sent: OutgoingRecord[] = []
  const failures: CandidateFailure[] = []
  const mayBreak = makeBreaker(breakCall)
  const step = makeInfer({
    pipeline,
    models: async () => {
      mayBreak()
      return models
    },
    layer: async () => layer,
    send: async records => {
      mayBreak()
      sent.push(...records)
    },
    nowMs: () => 1_000,
    report: failure => failures.push(failure),
  })
  return { step, sent, failures, written: () => sent.map(toLine) }
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
  it('decides by the layer where there is one, and keeps the score of the champion beside it', async () => {
    const scored: (number | null)[] = []
    const layer: CurrentLayer = {
      version: 7,
      score: ({ championScore }) => {
        scored.push(championScore)
        return { version: 7, score: 0.9, trace: 'AA==' }
      },
    }
    const { step, sent } = open({ layer })
    await step([makeRecord(makeFeatures(2)), makeRecord(makeFeatures(3, { definition: 'other' }))])
    const [own, other] = predictionsOf(sent)
    assert.deepEqual([own.score, own.decision, own.layer], [0.2, 'notify', { version: 7, score: 0.9, trace: 'AA==' }])
    assert.equal(other.layer, undefined, 'a row of another layout')
    assert.deepEqual(scored, [0.2])
  })
  it('asks the layer before the first champion too, so that its labels can be learnt, and decides nothing', async () => {
    const layer: CurrentLayer = { version: 1, score: ({ championScore }) => ({ version: 1, score: championScore ?? 0.6, trace: 'AA==' }) }
    const { step, sent } = open({ models: {}, layer })
    await step(good.slice(0, 1))
    const [{ score, decision, layer: own }] = predictionsOf(sent)
    assert.deepEqual([score, decision, own?.score], [null, null, 0.6])
  })
  it('counts rows that the champion decided alone, though there was a layer', async () => {
    for (const layer of ['broken', 'stale', 'unread', 'other definition'] as const) {
      const { counts } = await open({ layer }).step(good)
      assert.equal(counts.unlayered, 4)
    }
    for (const layer of ['off', 'none'] as const) assert.equal((await open({ layer }).step(good)).counts.unlayered, undefined)
  })
  it('writes null scores while there is no champion', async () => {
    const { step, sent } = open({ models: {} })
    const { counts } = await step(good)
    assert.deepEqual([counts.scored, counts.unscored, counts.unscoredWithChampion, counts.rejected], [0, 4, 0, 0])
    for (const { score, decision, model } of predictionsOf(sent)) assert.deepEqual([score, decision, model], [null, null, null])
  })
  it('counts null scores that a champion should have given: one that was refused, one of another feature layout', async () => {
    for (const models of [{ isRefused: true } as const, { champion: { ...byDistance, definition: 'newer' } }]) {
      const { counts } = await open({ models }).step(good)
      assert.deepEqual([counts.unscored, counts.unscoredWithChampion], [4, 4])
    }
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
    const { step } = open({ models: { champion: counting } })
    await step(good)
    assert.equal(calls, 1)
  })
})

/** Forty flights with keys of their own. */
const many = Array.from({ length: 40 }, (_, at) => makeRecord(makeFeatures(at), { offset: at, key: Buffer.from(`key-${at}`) }))
const shadow = scorerOf('s1', () => 0.75)
const challenger = { scorer: scorerOf('c1', () => 0.25), share: 0.3 }

describe('infer with a shadow', () => {
  it('keeps its scores beside those of the champion, which alone count', async () => {
    const alone = open()
    await alone.step(many)
    const { step, sent } = open({ models: { champion: byDistance, shadow } })
    const { counts } = await step(many)
    assert.deepEqual(
      predictionsOf(sent).map(prediction => ({ ...prediction, shadows: [] })),
      predictionsOf(alone.sent),
    )
    for (const { shadows } of predictionsOf(sent)) assert.deepEqual(shadows, [{ model: 's1', score: 0.75 }])
    assert.equal(counts.shadowed, 40)
  })
  it('calls each model once for a batch, with the same rows', async () => {
    const seen: unknown[] = []
    const watch = (scorer: Scorer): Scorer => ({
      ...scorer,
      score: rows => {
        seen.push(rows)
        return scorer.score(rows)
      },
    })
    const { step } = open({
      models: { champion: watch(byDistance), shadow: watch(shadow), challenger: { ...challenger, scorer: watch(challenger.scorer) } },
    })
    await step(many)
    assert.equal(seen.length, 3)
    for (const rows of seen) assert.equal(rows, seen[0])
  })
  it('leaves out its scores that are not finite, and counts them', async () => {
    const { step, sent } = open({ models: { champion: byDistance, shadow: scorerOf('s1', row => (row[2] === 0 ? Number.NaN : 0.5)) } })
    const { counts } = await step(many.slice(0, 2))
    assert.deepEqual(
      predictionsOf(sent).map(({ shadows }) => shadows),
      [[], [{ model: 's1', score: 0.5 }]],
    )
    assert.deepEqual([counts.scored, counts.scoresInvalid, counts.rejected], [2, 1, 0])
  })
  it('goes on without one whose call fails', async () => {
    const failing = { ...shadow, score: () => Promise.reject(new Error('out of memory')) }
    const { step, sent, failures } = open({
      models: { champion: byDistance, shadow: failing, challenger: { scorer: { ...failing, version: 'c1' }, share: 1 } },
    })
    const { counts } = await step(many)
    assert.deepEqual([counts.scored, counts.candidatesFailed], [40, 2])
    assert.deepEqual(failures, [
      { version: 's1', reason: 'out of memory' },
      { version: 'c1', reason: 'out of memory' },
    ])
    for (const { model, shadows } of predictionsOf(sent)) assert.deepEqual([model, shadows], ['v1', []])
  })
  it('scores once where it is the champion too', async () => {
    const { step, sent } = open({ models: { champion: byDistance, shadow: scorerOf('v1', () => 0.9) } })
    await step(many)
    for (const { shadows } of predictionsOf(sent)) assert.deepEqual(shadows, [])
  })
})

describe('infer with a challenger', () => {
  it('lets its scores count on its keys, and keeps the other score on all of them', async () => {
    const { step, sent } = open({ models: { champion: byDistance, challenger } })
    const { counts } = await step(many)
    const isChallenged = makeKeySplit('c1', 0.3)
    predictionsOf(sent).forEach(({ arm, model, score, decision, shadows }, at) => {
      const champion = { model: 'v1', score: at / 10 }
      const own = { model: 'c1', score: 0.25 }
      const [counted, other] = isChallenged(`key-${at}`) ? [own, champion] : [champion, own]
      assert.deepEqual({ model, score }, counted)
      assert.equal(arm, counted === own ? 'challenger' : 'champion')
      assert.deepEqual(shadows, [other])
      assert.equal(decision, counted.score >= 0.7 ? 'notify' : counted.score >= 0.5 ? 'positive' : 'none')
    })
    const challenged = predictionsOf(sent).filter(({ arm }) => arm === 'challenger').length
    assert.ok(challenged > 0 && challenged < 40)
    assert.equal(counts.challenged, challenged)
  })
  it('splits by the id where a record has no key', async () => {
    const { step, sent } = open({ models: { champion: byDistance, challenger } })
    await step(many.map(record => ({ ...record, key: null })))
    for (const { id, arm } of predictionsOf(sent)) assert.equal(arm === 'challenger', makeKeySplit('c1', 0.3)(id))
  })
  it('falls back to the champion where its score is not finite', async () => {
    const { step, sent } = open({ models: { champion: byDistance, challenger: { scorer: scorerOf('c1', () => Number.NaN), share: 1 } } })
    const { counts } = await step(many)
    for (const { model, arm, shadows } of predictionsOf(sent)) assert.deepEqual([model, arm, shadows], ['v1', 'champion', []])
    assert.deepEqual([counts.scored, counts.challenged, counts.scoresInvalid], [40, 0, 40])
  })
  it('counts on its keys where the champion has no finite score', async () => {
    const { step, sent } = open({ models: { champion: scorerOf('v1', () => Number.NaN), challenger: { ...challenger, share: 1 } } })
    await step(many)
    for (const { model, arm, shadows } of predictionsOf(sent)) assert.deepEqual([model, arm, shadows], ['c1', 'challenger', []])
  })
})

describe('infer with a champion that gives no finite score', () => {
  it('rejects the record whole, and scores its neighbours', async () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const { step, sent } = open({ models: { champion: scorerOf('v1', row => (row[2] === 1000 ? wrong : 0.5)), shadow } })
      const { counts } = await step(many.slice(0, 3))
      const rejected = sent.filter(({ topic }) => topic === 'flights.rejected')
      assert.deepEqual([counts.scored, counts.rejected, rejected.length], [2, 1, 1])
      const { code, reason, source } = parseRejected(rejected[0] as KafkaRecord)!
      assert.deepEqual([code, reason, source.offset], ['SCORE_INVALID', `the score of champion v1 is ${wrong}; roll back`, 1])
      assert.equal(rejected[0].value, many[1].value)
    }
  })
})
