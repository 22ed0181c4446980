import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toFrozen, toUnfrozen } from '#functions/layer/freeze.ts'
import { startState } from '#functions/layer/state.ts'
import { pipeline } from '#models/pipeline.ts'
import { toChangeJson, toFreezeText, toResetText, toUnfreezeText } from '../../../cli/layer/change-text.ts'

const learning = { ...startState(pipeline), version: 7 }
const frozen = toFrozen(learning, 60_000)

describe('the text of a change to a layer', () => {
  it('says what a freeze did, and that it did nothing', () => {
    assert.match(toFreezeText('flights', { before: learning, after: frozen }), /is frozen, as version 8: it scores by what it knows/)
    assert.match(toFreezeText('flights', { before: frozen, after: frozen }), /frozen since 1970-01-01 00:01 already: nothing to change$/)
  })
  it('says what an unfreeze did, and that it did nothing', () => {
    assert.match(toUnfreezeText('flights', { before: frozen, after: toUnfrozen(frozen) }), /learns again, as version 9, /)
    assert.match(toUnfreezeText('flights', { before: learning, after: learning }), /is not frozen: nothing to change$/)
  })
  it('says what a reset kept, that it could keep nothing, and that there was nothing', () => {
    const anew = { ...learning, version: 9 }
    assert.match(toResetText('flights', { before: learning, after: anew }), /anew, as version 9, .*; version 7 is kept as a snapshot$/)
    assert.match(toResetText('flights', { before: frozen, after: anew }), /; version 8 is kept as a snapshot; it is no longer frozen$/)
    assert.match(toResetText('flights', { before: undefined, after: learning }), /broken, and not kept$/)
    assert.match(toResetText('flights', { before: undefined, after: undefined }), /has no state: nothing to change$/)
  })
  it('is for a program whether something changed, and from which version to which', () => {
    assert.deepEqual(toChangeJson('flights', { before: learning, after: frozen }), {
      pipeline: 'flights',
      changed: true,
      before: 7,
      version: 8,
      frozenSinceMs: 60_000,
    })
    assert.equal(toChangeJson('flights', { before: frozen, after: frozen }).changed, false)
  })
})
