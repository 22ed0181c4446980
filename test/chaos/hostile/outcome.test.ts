import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Evidence, type Found, judgeOutcome } from './outcome.ts'
import type { Ending } from './spec.ts'

const nothing: Evidence = { events: new Set(), labels: new Set(), found: [], inTable: new Set(), flightIds: [], hostile: [] }
const predicted: Found = { place: 'e', as: 'predicted', id: 'F1' }
const paired: Found = { place: 'l', as: 'paired', id: 'F1' }
const rejected: Found = { place: 'e', as: 'rejected', why: 'EVENT_INVALID by preprocess: x' }
const flight: Evidence = {
  ...nothing,
  events: new Set(['e']),
  labels: new Set(['l']),
  found: [predicted, paired],
  inTable: new Set(['F1']),
  flightIds: ['F1'],
}
const judge = (changes: Partial<Evidence>) => judgeOutcome({ ...flight, ...changes })

describe('judgeOutcome', () => {
  it('finds nothing wrong with a flight that has a prediction and a row', () => {
    const { predictions, rejected, lost, doubled, examples, wrong } = judge({})
    assert.deepEqual(
      { predictions, rejected, lost, doubled, examples, wrong },
      { predictions: 1, rejected: 0, lost: 0, doubled: 0, examples: [], wrong: [] },
    )
  })
  it('takes for lost an event and a label that ended nowhere', () => {
    const { lost, examples } = judge({ events: new Set(['e', 'e2']), labels: new Set(['l', 'l2']) })
    assert.equal(lost, 2)
    assert.deepEqual(examples, ['e2 ended nowhere', 'l2 ended nowhere'])
  })
  it('takes for lost a flight without a prediction or a pair, and a prediction without a row', () => {
    assert.deepEqual(judge({ flightIds: ['F1', 'F2'] }).examples, ['flight F2 has no prediction', 'flight F2 has no pair'])
    assert.equal(judge({ labels: new Set(), found: [predicted] }).lost, 1)
    assert.equal(judge({ inTable: new Set() }).lost, 1)
  })
  it('takes for doubled an event with two endings, of one kind or of two', () => {
    assert.equal(judge({ found: [predicted, predicted] }).doubled, 1)
    assert.equal(judge({ found: [predicted, rejected] }).doubled, 1)
    assert.equal(judge({ found: [rejected, { place: 'e', as: 'putAside' }], flightIds: [] }).doubled, 1)
  })
  it('takes what several mappings put aside for one ending', () => {
    const { doubled, putAside } = judge({ found: Array<Found>(2).fill({ place: 'e', as: 'putAside' }), flightIds: [] })
    assert.deepEqual([doubled, putAside], [0, 1])
  })
  it('lets a label have its pair twice, but no pair and a rejection', () => {
    const ofLabel = (...as: Found['as'][]) => judge({ found: [predicted, ...as.map((own): Found => ({ ...paired, as: own }))] })
    assert.equal(ofLabel('paired', 'paired').doubled, 0)
    assert.equal(ofLabel('paired', 'waiting').doubled, 0)
    assert.equal(ofLabel('paired', 'replaced').doubled, 0)
    assert.equal(ofLabel('paired', 'rejected').doubled, 1)
    assert.equal(ofLabel('waiting', 'rejected').doubled, 1)
  })

  const endings: readonly (readonly [Ending, readonly Found['as'][], boolean])[] = [
    ['predicted', ['predicted'], true],
    ['predicted', [], false],
    ['predicted', ['rejected'], false],
    ['predicted', ['predicted', 'rejected'], false],
    ['rejected', ['rejected'], true],
    ['rejected', ['replaced'], true],
    ['rejected', ['predicted'], false],
    ['putAside', ['putAside', 'putAside'], true],
    ['putAside', ['rejected'], false],
    ['labelled', ['paired'], true],
    ['labelled', ['waiting'], true],
    ['labelled', ['replaced'], true],
    ['labelled', ['rejected'], false],
    ['labelled', [], false],
    ['passedOver', [], true],
    ['passedOver', ['rejected'], false],
  ]
  for (const [ends, as, isRight] of endings) {
    it(`${isRight ? 'takes' : 'does not take'} ${as.join(' and ') || 'nowhere'} for ${ends}`, () => {
      const found = as.map((own): Found => ({ place: 'h', as: own, id: 'F1' }))
      const { wrong } = judge({ found: [predicted, paired, ...found], hostile: [{ at: 0, kind: 'a kind', ends, place: 'h' }] })
      assert.equal(wrong.length, isRight ? 0 : 1)
    })
  }
  it('says how a wrong one ended, and why a record was not sent', () => {
    const hostile = [
      { at: 0, kind: 'a kind', ends: 'predicted', place: 'e' },
      { at: 1, kind: 'other', ends: 'predicted', place: undefined, refusal: 'too large' },
    ] as const
    assert.deepEqual(judge({ found: [rejected], hostile }).wrong, [
      { kind: 'a kind', place: 'e', wanted: 'predicted', ended: 'rejected: EVENT_INVALID by preprocess: x' },
      { kind: 'other', place: 'nowhere', wanted: 'predicted', ended: 'not sent: too large' },
    ])
    assert.match(judge({ inTable: new Set(), hostile: [hostile[0]] }).wrong[0].ended, /^predicted as "F1", without a row/)
  })
})
