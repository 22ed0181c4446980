import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addLabel, countRows, emptyCounters, mergeCounters, noLabels, toQuality } from '#models/task/yes-no/counters.ts'
import { measureBinary } from '#models/task/yes-no/quality.ts'

const scoredRow = fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), target: fc.constantFrom<0 | 1>(0, 1) })

describe('quality counters', () => {
  const count = (rows: readonly { score: number; target: 0 | 1 }[]) => {
    let labels = noLabels
    const labelled = rows.map(row => {
      const before = labels
      labels = addLabel(labels, row.target)
      return { ...row, before }
    })
    return countRows(emptyCounters(), labelled, 0.5)
  }

  it('agree with the exact measure, the AUC to within its bins', () => {
    fc.assert(
      fc.property(fc.array(scoredRow, { minLength: 1, maxLength: 200 }), rows => {
        const exact = measureBinary(
          rows.map(row => row.score),
          rows.map(row => row.target),
          0.5,
        )
        const counted = toQuality(count(rows))
        assert.equal(counted.labelled, exact.rowCount)
        assert.equal(counted.accuracy, exact.accuracy)
        assert.equal(counted.precision, exact.precision)
        assert.equal(counted.recall, exact.recall)
        assert.ok(Math.abs(counted.logLoss! - exact.logLoss!) < 1e-9)
        assert.equal(counted.auc === null, exact.auc === null)
      }),
    )
  })
  it('add up to the same in any order of merging', () => {
    fc.assert(
      fc.property(fc.array(scoredRow), fc.array(scoredRow), (a, b) => {
        const one = toQuality(mergeCounters(count(a), count(b)))
        const other = toQuality(mergeCounters(count(b), count(a)))
        assert.equal(one.auc, other.auc)
        assert.equal(one.accuracy, other.accuracy)
        assert.equal(one.labelled, a.length + b.length)
      }),
    )
  })
  it('have no figures without rows', () => {
    const { labelled, baselines, ...figures } = toQuality(emptyCounters())
    assert.equal(labelled, 0)
    for (const figure of [...Object.values(figures), ...Object.values(baselines)]) assert.equal(figure, null)
  })
  it('leave the counters they were given as they were', () => {
    const before = emptyCounters()
    countRows(before, [{ score: 0.7, target: 1, before: noLabels }], 0.5)
    assert.deepEqual(before, emptyCounters())
  })
  it('score the baselines before each label is learnt', () => {
    const { baselines } = toQuality(
      count([
        { score: 0.5, target: 1 },
        { score: 0.5, target: 1 },
        { score: 0.5, target: 0 },
      ]),
    )
    // majority: no (wrong), yes (right), yes (wrong); last label: no (wrong), yes (right), yes (wrong)
    assert.equal(baselines.majorityAccuracy, 1 / 3)
    assert.equal(baselines.lastLabelAccuracy, 1 / 3)
  })
})
