import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeRandom } from '#models/random.ts'
import { parseTrainer, type TrainerKind } from '#models/trainer/settings.ts'
import { trainContenders } from '#models/trainer/train.ts'
import type { TrainingSet } from '#models/training-set.ts'

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

const options = { positiveAtLeast: 0.5, clockMs: () => 0 }

describe('trainContenders', () => {
  it('trains both by default, the better on the later rows first', async () => {
    const contenders = await trainContenders(makeExclusiveOr(4_000), 3_000, parseTrainer({}), options)
    assert.deepEqual(
      contenders.map(contender => contender.kind),
      ['gbdt', 'logistic'],
    )
    assert.ok(contenders[0].holdout.logLoss < contenders[1].holdout.logLoss - 0.1)
    for (const { holdout, holdoutScores } of contenders) assert.deepEqual([holdout.rowCount, holdoutScores.length], [1_000, 1_000])
  })
  for (const kind of ['logistic', 'gbdt', 'ftrl'] satisfies TrainerKind[]) {
    it(`trains ${kind} alone when asked to`, async () => {
      const contenders = await trainContenders(makeExclusiveOr(2_000), 1_500, parseTrainer({ kind }), options)
      assert.deepEqual(
        contenders.map(contender => contender.kind),
        [kind],
      )
    })
  }
  it('rejects rows of one class before the holdout', async () => {
    const set = makeExclusiveOr(400)
    set.targets.fill(0, 0, 300)
    await assert.rejects(trainContenders(set, 300, parseTrainer({}), options), { code: 'TRAINING_IMPOSSIBLE', message: /both classes/ })
  })
})

describe('parseTrainer', () => {
  it('rejects an unknown part', () => {
    assert.throws(() => parseTrainer({ rounds: 5 } as never), {
      message: /^trainer\.rounds is not a setting; allowed are kind, logistic, gbdt, ftrl/,
    })
  })
})
