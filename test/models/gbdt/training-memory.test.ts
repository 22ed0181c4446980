import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compactSteps, rowCountLimit } from '#models/gbdt/round.ts'
import { makeTrainingMemory, toRecordForm } from '#models/gbdt/training-memory.ts'

describe('toRecordForm', () => {
  it('takes 16 bytes a row for 8 features and a binary label, and multiples of 16 for all else', () => {
    const bytes = (featureCount: number, isWide: boolean) => toRecordForm(featureCount, isWide).strideBytes
    assert.deepEqual([bytes(1, false), bytes(8, false), bytes(9, false), bytes(25, false)], [16, 16, 32, 48])
    assert.deepEqual([bytes(1, true), bytes(8, true), bytes(9, true), bytes(25, true)], [32, 32, 48, 64])
  })
})

describe('makeTrainingMemory', () => {
  it('rejects rows that do not fit in 4 GB', () => {
    assert.throws(() => makeTrainingMemory(toRecordForm(1_000, false), 5_000_000, 1, 63), {
      code: 'TRAINING_IMPOSSIBLE',
      message: '5000000 rows of 1008 bytes need more than 4 GB; train on a shorter window or a sample, with fewer features',
    })
  })
})

describe('compactSteps', () => {
  it('keeps the sums of all rows within 32 bits, up to the most rows of a training', () => {
    for (const rowCount of [1, 1_000, 65_537, 1_000_000, rowCountLimit]) {
      const { gradient, hessian } = compactSteps(rowCount)
      assert.ok(gradient >= 127 && gradient < 2 ** 15 && gradient * rowCount < 2 ** 31)
      assert.ok(hessian >= 127 && hessian < 2 ** 16 && hessian * rowCount < 2 ** 32)
    }
  })
})
