import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { measureLatest, measureLayer } from '../../../localstack/console/latest.ts'

// By event time the last that are scored are a yes that scored high and a no that scored low; the others are wrong.
const outcomes = { atMs: [40, 10, 50, 30, 20], scores: [0.1, 0.9, Number.NaN, 0.8, 0.2], targets: [0, 0, 0, 1, 1] }

describe('measureLatest', () => {
  it('measures the last events by their own time, whatever the order of their labels', () => {
    const { rowCount, auc, accuracy } = measureLatest(outcomes, 2, 0.5)!
    assert.deepEqual([rowCount, auc, accuracy], [2, 1, 1])
  })
  it('measures all of them where there are fewer', () => {
    assert.equal(measureLatest(outcomes, 100, 0.5)?.rowCount, 4)
  })
  it('is null without any', () => {
    assert.equal(measureLatest({ atMs: [], scores: [], targets: [] }, 10, 0.5), null)
    assert.equal(measureLatest({ atMs: [1], scores: [Number.NaN], targets: [1] }, 10, 0.5), null)
  })
})

describe('measureLayer', () => {
  const scores = [0.5, 0.5, Number.NaN, 0.9]
  const layerScores = [0.9, 0.2, 0.5, Number.NaN]
  const targets = [1, 0, 1, 0]

  it('measures champion and layer over the rows that both scored', () => {
    const { champion, layer } = measureLayer({ scores, layerScores, targets }, 0.5)!
    assert.deepEqual([champion.rowCount, champion.auc, champion.logLoss?.toFixed(4)], [2, 0.5, '0.6931'])
    assert.deepEqual([layer.rowCount, layer.auc, layer.logLoss], [2, 1, -(Math.log(0.9) + Math.log(0.8)) / 2])
  })
  it('is null where no row has both', () => {
    assert.equal(measureLayer({ scores: [0.5], layerScores: [Number.NaN], targets: [1] }, 0.5), null)
  })
})
