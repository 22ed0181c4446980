import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { trainGbdt } from '#models/gbdt/train.ts'
import { sliceRows, type TrainingSet } from '#models/training-set.ts'
import { lossOf, makeSet, withWeights } from './sets.ts'

describe('early stopping', () => {
  const settings = { roundCount: 200, leafCount: 31, minLeafRows: 2, learningRate: 0.3, earlyStoppingRounds: 5 }
  const all = makeSet(2_000)
  const train = sliceRows(all, 0, 1_000)
  const validation = sliceRows(all, 1_000, 2_000)

  it('stops 5 rounds after the lowest loss and keeps the trees up to it', async () => {
    const losses: number[] = []
    const model = await trainGbdt(train, { settings, validation, onRound: ({ validationLoss }) => losses.push(validationLoss!) })
    const best = losses.indexOf(Math.min(...losses))
    assert.ok(best > 0 && losses.length < 200)
    assert.equal(losses.length, best + 1 + 5)
    assert.equal(model.data.trees.length, best + 1)
    assert.ok(Math.abs(lossOf(model, validation) - losses[best]) < 1e-9)
  })
  it('keeps the saved trees alone if none of the new ones helps', async () => {
    const best = await trainGbdt(train, { settings, validation })
    const spoilt = { ...train, targets: train.targets.map(target => 1 - target) }
    const model = await trainGbdt(spoilt, { settings, validation, warmStart: best })
    assert.deepEqual(model.data.trees, best.data.trees)
  })
  it('reports the loss but goes on without earlyStoppingRounds', async () => {
    const reports: (number | undefined)[] = []
    const onRound = ({ validationLoss }: { validationLoss: number | undefined }) => reports.push(validationLoss)
    const model = await trainGbdt(train, { settings: { ...settings, roundCount: 40, earlyStoppingRounds: 0 }, validation, onRound })
    assert.equal(model.data.trees.length, 40)
    assert.ok(reports.length === 40 && reports.every(loss => loss! > 0))
  })
  it('rejects a training without validation rows', async () => {
    await assert.rejects(trainGbdt(train, { settings }), {
      code: 'SETTING_INVALID',
      message: 'trainer.gbdt.earlyStoppingRounds must be 0 without a validation set, got 5; give later rows to validate on',
    })
    await assert.rejects(trainGbdt(train, { settings, validation: sliceRows(all, 0, 0) }), {
      message: /^the validation set has no rows; widen its window/,
    })
  })
  it('rejects a validation set with other features, targets or weights', async () => {
    const odd: readonly [TrainingSet, RegExp][] = [
      [makeSet(100, { numberCount: 1 }), /^the validation set must have the features/],
      [{ ...validation, targets: validation.targets.map(() => 0.5) }, /^the validation set: target of row 0 must be 0 or 1/],
      [withWeights(validation, () => 0), /^the validation set: all weights are 0/],
      [{ ...validation, targets: validation.targets.subarray(1) }, /^the validation set: targets must have 1000 entries, got 999/],
    ]
    for (const [set, message] of odd)
      await assert.rejects(trainGbdt(train, { settings, validation: set }), { code: 'TRAINING_IMPOSSIBLE', message })
  })
})
