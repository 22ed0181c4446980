import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compareCounts, recount } from '../../../../localstack/chaos/faults/recount.ts'

const settings = { labelsOf: () => 1, positiveAtLeast: 0.5 }
const prediction = { id: 'a', model: 'v1', arm: 'champion', score: 0.9, source: { topic: 'e', partition: 0, offset: 0 } } as const
const other = { ...prediction, id: 'b', score: 0.2, source: { ...prediction.source, offset: 1 } } as const
const pair = { prediction, target: 1 } as const

describe('recount', () => {
  it('counts an event once, for the model that predicted it first', () => {
    const counts = recount([prediction, prediction, { ...prediction, model: 'v2' }, other], [], settings)
    assert.deepEqual(
      [...counts].map(([name, { predicted }]) => [name, predicted]),
      [['champion v1', 2]],
    )
  })
  it('counts as many pairs of an id as it has labels', () => {
    const once = recount([], [pair, pair, { prediction: other, target: 1 }], settings).get('champion v1')!
    assert.equal(once.quality.truePositives, 1)
    assert.equal(once.quality.falseNegatives, 1)
    const twice = recount([], [pair, pair, pair], { ...settings, labelsOf: () => 2 }).get('champion v1')!
    assert.equal(twice.quality.truePositives, 2)
  })
  it('counts a pair without a score apart', () => {
    const counts = recount([], [{ prediction: { ...prediction, score: null, model: null }, target: 0 }], settings)
    assert.equal(counts.get('champion none')!.unscored, 1)
  })
})

describe('compareCounts', () => {
  const counts = recount([prediction], [pair], settings)
  it('is empty for equal counts', () => {
    assert.deepEqual(compareCounts(counts, recount([prediction, prediction], [pair], settings)), [])
  })
  it('names every number that differs', () => {
    const doubled = recount([prediction], [pair, pair], { ...settings, labelsOf: () => 2 })
    const differences = compareCounts(doubled, counts)
    assert.ok(differences.includes('champion v1: truePositives is 2 in the table, 1 by the archive'), differences.join('\n'))
    assert.ok(differences.some(line => /positives of bin 180 is 2/.test(line)))
  })
  it('names a model that only one side has', () => {
    assert.deepEqual(compareCounts(new Map(), recount([prediction], [], settings)), [
      'champion v1: predicted is 0 in the table, 1 by the archive',
    ])
  })
})
