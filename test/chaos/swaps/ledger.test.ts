import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeKeySplit } from '#functions/infer/arm.ts'
import type { Prediction } from '#functions/records.ts'
import { makePrediction } from '../../fixtures.ts'
import { makeLedger } from './ledger.ts'

function open(predictions: readonly Partial<Prediction>[] = []) {
  const ledger = makeLedger({ bad: ['x'], shadow: 's', challenger: 't', share: 0.5 })
  const note = (changes: Partial<Prediction>) => ledger.note(makePrediction(changes), null)
  for (const prediction of predictions) note(prediction)
  return { ...ledger, note }
}

const challenger = { model: 't', score: 0.1 }
const isChallenged = makeKeySplit('t', 0.5)
const keys = Array.from({ length: 100 }, (_, at) => `k${at}`)
const [ours, other] = [keys.find(isChallenged)!, keys.find(key => !isChallenged(key))!]

describe('makeLedger', () => {
  it('counts the arms, and the predictions that hold a score of the shadow', () => {
    const { read } = open([
      { id: 'a', shadows: [{ model: 's', score: 0.1 }] },
      { id: ours, model: 't', arm: 'challenger', shadows: [{ model: 's', score: 0.1 }] },
      { id: 'c', model: null, score: null },
    ])
    assert.deepEqual([read().noted, read().arms], [3, { champion: 1, challenger: 1, shadow: 2 }])
  })
  it('counts the invocations with two champions', () => {
    const { countMixed } = open([
      { id: 'a', model: 'm1' },
      { id: 'b', model: 'm1' },
      { id: 'c', model: 'm2' },
      { id: 'd', model: 't', arm: 'challenger' },
    ])
    assert.equal(countMixed([['a', 'b', 'd'], ['c', 'd'], ['unknown'], []]), 0)
    assert.equal(
      countMixed([
        ['a', 'b'],
        ['b', 'c'],
      ]),
      1,
    )
  })
  it('counts an invocation as mixed where one id was scored by two champions', () => {
    assert.equal(
      open([
        { id: 'a', model: 'm1' },
        { id: 'a', model: 'm2' },
      ]).countMixed([['a']]),
      1,
    )
  })
  it('counts predictions that name a bad bundle', () => {
    const { read } = open([{ model: 'x' }, { shadows: [{ model: 'x', score: 0.1 }] }, { model: 'm1' }])
    assert.equal(read().badServed, 2)
  })
  it('counts keys on the wrong side while the challenger serves', () => {
    const right: Partial<Prediction>[] = [
      { id: ours, model: 't', arm: 'challenger' },
      { id: other, shadows: [challenger] },
      { id: ours }, // the challenger does not serve
    ]
    assert.equal(open(right).read().challengerKeysFlipped, 0)
    const wrong: Partial<Prediction>[] = [
      { id: other, model: 't', arm: 'challenger' },
      { id: ours, shadows: [challenger] },
    ]
    assert.equal(open(wrong).read().challengerKeysFlipped, 2)
  })
  it('tells whoever waits of the first prediction that is awaited, once', async () => {
    const { waitFor, note } = open()
    const awaited = waitFor(prediction => prediction.model === 'm2')
    note({ model: 'm1' })
    note({ model: 'm2' })
    note({ model: 'm2' })
    assert.equal(await awaited, 2)
  })
})
