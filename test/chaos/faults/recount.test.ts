import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compareCounts, recount } from './recount.ts'

const cut = 0.5
const prediction = { id: 'a', model: 'v1', arm: 'champion', score: 0.9, source: { topic: 'e', partition: 0, offset: 0 } } as const
const other = { ...prediction, id: 'b', score: 0.2, source: { ...prediction.source, offset: 1 } } as const
const pair = { prediction, target: 1, labelPlace: 'l-0-0' } as const

describe('recount', () => {
  it('counts an event once, for the model that predicted it first', () => {
    const counts = recount([prediction, prediction, { ...prediction, model: 'v2' }, other], [], cut)
    assert.deepEqual(
      [...counts].map(([name, { predicted }]) => [name, predicted]),
      [['champion v1', 2]],
    )
  })
  it('counts a label once, and another label of the same id', () => {
    const again = { ...pair, labelPlace: 'l-0-1' }
    const { quality } = recount([], [pair, pair, { prediction: other, target: 1, labelPlace: 'l-0-2' }, again, again], cut).get(
      'champion v1',
    )!
    assert.equal(quality.truePositives, 2)
    assert.equal(quality.falseNegatives, 1)
  })
  it('counts a pair without a score apart', () => {
    const counts = recount([], [{ prediction: { ...prediction, score: null, model: null }, target: 0, labelPlace: 'l-0-0' }], cut)
    assert.equal(counts.get('no model')!.unscored, 1)
  })
})

describe('compareCounts', () => {
  const counts = recount([prediction], [pair], cut)
  it('is empty for equal counts', () => {
    assert.deepEqual(compareCounts(counts, recount([prediction, prediction], [pair], cut)), [])
  })
  it('names every number that differs', () => {
    const doubled = recount([prediction], [pair, { ...pair, labelPlace: 'l-0-1' }], cut)
    const differences = compareCounts(doubled, counts)
    assert.ok(differences.includes('champion v1: truePositives is 2 in the table, 1 by the archive'), differences.join('\n'))
    assert.ok(differences.some(line => /positives of bin 180 is 2/.test(line)))
  })
  it('names a model that only one side has', () => {
    assert.deepEqual(compareCounts(new Map(), recount([prediction], [], cut)), [
      'champion v1: predicted is 0 in the table, 1 by the archive',
    ])
  })
})
