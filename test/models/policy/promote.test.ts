import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { measureBinary } from '#models/measure/binary.ts'
import { decidePromotion, parsePromotionPolicy } from '#models/policy/promote.ts'

const policy = parsePromotionPolicy({ gainAtLeast: 0.01, rowsAtLeast: 2 })
const sharp = measureBinary([0.9, 0.1], [1, 0], 0.5)
const dull = measureBinary([0.6, 0.4], [1, 0], 0.5)

describe('decidePromotion', () => {
  it('promotes a candidate whose log loss is lower by the gain', () => {
    assert.equal(decidePromotion(policy, sharp, { name: 'champion', quality: dull }).promote, true)
  })
  it('keeps the champion against an equal candidate, and says why', () => {
    const decision = decidePromotion(policy, dull, { name: 'champion v1', quality: dull })
    assert.deepEqual(decision, {
      promote: false,
      reason: 'gain of 0.0000 is below 0.01: log loss 0.5108 against 0.5108 of the champion v1 on 2 rows',
    })
  })
  it('keeps the champion on too few rows', () => {
    const decision = decidePromotion({ ...policy, rowsAtLeast: 3 }, sharp, { name: 'champion', quality: dull })
    assert.deepEqual(decision, { promote: false, reason: '2 holdout rows, 3 wanted' })
  })
  it('keeps the champion against a candidate whose loss is not a number', () => {
    assert.equal(decidePromotion(policy, { ...sharp, logLoss: Number.NaN }, { name: 'champion', quality: dull }).promote, false)
  })
})
