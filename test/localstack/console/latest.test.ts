import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { measureLatest, measureLayer } from '../../../localstack/console/latest.ts'

// By event time the last two are a yes that scored high and a no that scored low; the others are wrong.
const judged = { atMs: [40, 10, 50, 30, 20], scores: [0.1, 0.9, Number.NaN, 0.8, 0.2], targets: [0, 0, 0, 1, 1] }

describe('measureLatest', () => {
  it('measures the last events by their own time, whatever the order of their labels', () => {
    const { rowCount, auc, accuracy } = measureLatest(judged, 2, 0.5)!
    assert.deepEqual([rowCount, auc, accuracy], [2, 1, 1])
  })
  it('measures all of them where there are fewer', () => {
    assert.equal(measureLatest(judged, 100, 0.5)?.rowCount, 4)
  })
  it('is null without any', () => {
    assert.equal(measureLatest({ atMs: [], scores: [], targets: [] }, 10, 0.5), null)
  })
})
