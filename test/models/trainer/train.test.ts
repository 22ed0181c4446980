import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { GbdtModel } from '#models/gbdt/model.ts'
import { makeRandom } from '#models/random.ts'
import { measureBinary } from '#models/task/yes-no/quality.ts'
import { parseTrainer, type TrainerKind } from '#models/trainer/settings.ts'
import { type TimedSet, trainContenders } from '#models/trainer/train.ts'
import { sliceRows, type TrainingSet } from '#models/training-set.ts'

/** Yes when exactly one of two numbers is above a half: trees see it, a sum of single weights does not. */
function makeExclusiveOr(rowCount: number): TrainingSet {
  const random = makeRandom(3)
  const values = Float32Array.from({ length: rowCount * 2 }, () => random())
  const targets = Float32Array.from({ length: rowCount }, (_, row) => {
    const isYes = values[2 * row] > 0.5 !== values[2 * row + 1] > 0.5
    return Number(random() < (isYes ? 0.9 : 0.1))
  })
  const features = ['a', 'b'].map(name => ({ name, kind: 'number' as const, categories: [] }))
  return { features, block: { values, rowCount, featureCount: 2 }, targets }
}

/** The rows before `count`, one a millisecond, each with its label a while later; and the rows after them. */
function split(set: TrainingSet, count: number, labelDelayMs = 0): readonly [TimedSet, TrainingSet] {
  const atMs = Float64Array.from({ length: count }, (_, row) => row)
  const times = { atMs, knownAtMs: atMs.map(ms => ms + labelDelayMs) }
  return [{ set: sliceRows(set, 0, count), times }, sliceRows(set, count, set.block.rowCount)]
}

const options = { positiveAtLeast: 0.5, clockMs: () => 0 }

describe('trainContenders', () => {
  it('trains both by default, the better on the later rows first', async () => {
    const contenders = await trainContenders(...split(makeExclusiveOr(4_000), 3_000), parseTrainer({}), options)
    assert.deepEqual(
      contenders.map(contender => contender.kind),
      ['gbdt', 'logistic'],
    )
    assert.ok(contenders[0].holdout.logLoss! < contenders[1].holdout.logLoss! - 0.1)
    for (const { holdout, holdoutScores } of contenders) assert.deepEqual([holdout.rowCount, holdoutScores.length], [1_000, 1_000])
  })
  for (const kind of ['logistic', 'gbdt', 'ftrl'] satisfies TrainerKind[]) {
    it(`trains ${kind} alone when asked to`, async () => {
      const contenders = await trainContenders(...split(makeExclusiveOr(2_000), 1_500), parseTrainer({ kind }), options)
      assert.deepEqual(
        contenders.map(contender => contender.kind),
        [kind],
      )
    })
  }
  it('rejects rows of one class before the holdout', async () => {
    const set = makeExclusiveOr(400)
    set.targets.fill(0, 0, 300)
    await assert.rejects(trainContenders(...split(set, 300), parseTrainer({}), options), {
      code: 'TRAINING_IMPOSSIBLE',
      message: /both classes/,
    })
  })
  it('leaves out a trainer that the rows are too few for', async () => {
    const set = makeExclusiveOr(1_000)
    set.targets.fill(0, 0, 700) // trees give the latest 200 of 800 to stopping early, and are left with one class
    const contenders = await trainContenders(...split(set, 800, 150), parseTrainer({}), options)
    assert.deepEqual(
      contenders.map(contender => contender.kind),
      ['logistic'],
    )
  })
  it('rejects a model whose scores are no probabilities', async () => {
    const [earlier, later] = split(makeExclusiveOr(1_000), 800)
    const broken = { ...earlier, set: { ...earlier.set, weights: new Float32Array(800).fill(Number.NaN) } }
    await assert.rejects(trainContenders(broken, later, parseTrainer({ kind: 'logistic' }), options), {
      code: 'TRAINING_IMPOSSIBLE',
      message: 'logistic must score from 0 to 1, got NaN on row 0 of the latest; look for features of extreme size',
    })
  })
  it('takes the latest rows where the past no longer holds, and refits on the latest of all', async () => {
    const set = makeExclusiveOr(8_000)
    for (let row = 0; row < 5_000; row++) set.targets[row] = 1 - set.targets[row]
    const [best] = await trainContenders(...split(set, 6_500), parseTrainer({ kind: 'gbdt', spans: [1 / 4, 1] }), options)
    assert.equal(best.spanRatio, 1 / 4)
    assert.ok(best.holdout.logLoss! < 0.4)
    const refitted = await best.refit(set)
    const later = measureBinary(refitted.score(set.block).subarray(6_500), set.targets.subarray(6_500), 0.5)
    assert.ok(later.logLoss! < 0.4)
  })
  it('takes all rows where they hold', async () => {
    const [best] = await trainContenders(
      ...split(makeExclusiveOr(8_000), 6_500),
      parseTrainer({ kind: 'gbdt', spans: [1, 1 / 4] }),
      options,
    )
    assert.equal(best.spanRatio, 1)
  })
  it('tries no span of a few hundred rows', async () => {
    const seen: number[] = []
    const clockMs = () => seen.push(1)
    await trainContenders(...split(makeExclusiveOr(1_100), 1_000), parseTrainer({ kind: 'logistic', spans: [1, 1 / 4] }), {
      ...options,
      clockMs,
    })
    assert.equal(seen.length, 2) // one training begins and ends
  })
  it('refits trees with the rounds that stopping early found, scaled by the root of the rows', async () => {
    const set = makeExclusiveOr(4_000)
    const [gbdt] = await trainContenders(...split(set, 3_000), parseTrainer({ kind: 'gbdt' }), options)
    const treesOf = (model: object) => (model as GbdtModel).data.trees.length
    const refitted = await gbdt.refit(set)
    assert.equal(treesOf(refitted), Math.round(treesOf(gbdt.model) * Math.sqrt(4_000 / 2_700)))
    assert.notDeepEqual(refitted.score(set.block), gbdt.model.score(set.block))
  })
  it('stops trees early on rows whose labels came after those of the rows that are learnt', async () => {
    const set = makeExclusiveOr(4_000)
    const rowsOf = async (labelDelayMs: number) => {
      const [{ model }] = await trainContenders(...split(set, 3_000, labelDelayMs), parseTrainer({ kind: 'gbdt' }), options)
      return model.score(set.block)
    }
    assert.notDeepEqual(await rowsOf(500), await rowsOf(0))
  })
})

describe('parseTrainer', () => {
  for (const spans of [[], [0], [1, 1.5], [Number.NaN]]) {
    it(`rejects the spans ${JSON.stringify(spans)}`, () => {
      assert.throws(() => parseTrainer({ spans }), {
        code: 'SETTING_INVALID',
        message: /^trainer\.spans must be shares above 0 and up to 1, got \[.*\]; change it in models\/pipeline\.ts$/,
      })
    })
  }
  it('rejects an unknown part', () => {
    assert.throws(() => parseTrainer({ rounds: 5 } as never), {
      message: /^trainer\.rounds is not a setting; allowed are kind, spans, logistic, gbdt, ftrl/,
    })
  })
})
