import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkBothClasses, checkYesOrNo } from '#models/check-targets.ts'

describe('checkYesOrNo', () => {
  it('passes 0 and 1', () => checkYesOrNo(Float32Array.of(0, 1, 1)))
  for (const target of [2, 0.5, -1, Number.NaN]) {
    it(`rejects ${target}`, () => {
      assert.throws(() => checkYesOrNo(Float32Array.of(0, 1, target)), {
        code: 'TRAINING_IMPOSSIBLE',
        message: `target of row 2 must be 0 or 1 for a binary label, got ${target}; check label.isPositive in models/pipeline.ts`,
      })
    })
  }
})

describe('checkBothClasses', () => {
  it('passes one row of each', () => checkBothClasses({ targets: Float32Array.of(0, 1) }))
  it('rejects one class', () => {
    assert.throws(() => checkBothClasses({ targets: Float32Array.of(1, 1) }), {
      code: 'TRAINING_IMPOSSIBLE',
      message:
        'training needs rows of both classes, got 2 yes and 0 no; wait for more labels or widen retrain.windowMs in models/pipeline.ts',
    })
  })
  it('rejects a class whose rows all weigh 0', () => {
    const weights = Float32Array.of(0, 2, 1)
    assert.throws(() => checkBothClasses({ targets: Float32Array.of(0, 1, 1), weights }), { message: /got 2 yes and 0 no/ })
  })
})
