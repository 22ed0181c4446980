import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { learnRows, startFtrl, toModel } from '#models/linear/ftrl/ftrl.ts'
import { type FtrlJson, fromJson, toJson } from '#models/linear/ftrl/json.ts'
import { parseFtrlSettings } from '#models/linear/ftrl/settings.ts'
import { sliceRows } from '#models/training-set.ts'
import { makeSet } from './sets.ts'

const set = makeSet(2_000)

/** A learner that has learnt the first thousand rows. */
function halfLearnt() {
  const state = startFtrl(set, parseFtrlSettings({ l1: 0.5, hashBits: 10 }))
  learnRows(state, sliceRows(set, 0, 1_000))
  return state
}

describe('fromJson', () => {
  it('gives back what toJson saved, to the bit', () => {
    const state = halfLearnt()
    assert.deepEqual(fromJson(JSON.parse(JSON.stringify(toJson(state)))), state)
  })
  it('learns on as if it had never stopped', () => {
    const state = halfLearnt()
    const resumed = fromJson(JSON.parse(JSON.stringify(toJson(state))))
    const rest = sliceRows(set, 1_000, 2_000)
    learnRows(state, rest)
    learnRows(resumed, rest)
    assert.deepEqual(toModel(resumed, set.features).toOnnx({}), toModel(state, set.features).toOnnx({}))
  })
  it('keeps only slots that have learnt anything', () => {
    assert.ok(toJson(halfLearnt()).slots.length < 20)
  })
  it('gives back a learner that has learnt nothing', () => {
    const state = startFtrl(set, parseFtrlSettings({}))
    assert.deepEqual(fromJson(toJson(state)), state)
  })

  const saved = toJson(halfLearnt())
  const damaged: readonly [what: string, json: unknown, message: RegExp][] = [
    ['text', 'no', /^the saved learner must be what toJson wrote, got state: .*; train anew$/],
    ['a missing list', { ...saved, squares: undefined }, /got squares: /],
    ['a number that is none', { ...saved, gradients: [Number.NaN] }, /got gradients\.0: /],
    ['lists of unlike length', { ...saved, slots: saved.slots.slice(1) }, /got lists of \d+, \d+ and \d+ slots/],
    ['a slot outside the table', { ...saved, slots: saved.slots.map(slot => slot + 5_000) }, /got slot 5\d+ of 1039/],
  ]
  for (const [what, json, message] of damaged) {
    it(`rejects ${what}`, () => {
      assert.throws(() => fromJson(json), { code: 'BUNDLE_INVALID', message })
    })
  }
  it('rejects a setting out of its range', () => {
    const json: FtrlJson = { ...saved, settings: { ...saved.settings, hashBits: 40 } }
    assert.throws(() => fromJson(json), { code: 'SETTING_INVALID', message: /^trainer.ftrl.hashBits must be from 4 to 22, got 40/ })
  })
})
