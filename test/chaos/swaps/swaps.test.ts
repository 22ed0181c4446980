import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { doesHold } from './swaps.ts'

const good = {
  lost: 0,
  doubled: 0,
  mixedBatches: 0,
  badServed: 0,
  challengerKeysFlipped: 0,
  layerDiffers: [],
  promotions: 20,
  rollbacks: 5,
  refused: 3,
}

describe('doesHold', () => {
  it('is true where nothing was lost, doubled or mixed and every change took effect', () => {
    assert.equal(doesHold(good), true)
  })
  for (const name of ['lost', 'doubled', 'mixedBatches', 'badServed', 'challengerKeysFlipped'] as const) {
    it(`is false for one ${name}`, () => assert.equal(doesHold({ ...good, [name]: 1 }), false))
  }
  for (const [name, value] of Object.entries({ promotions: 19, rollbacks: 4, refused: 2 })) {
    it(`is false for ${value} ${name}`, () => assert.equal(doesHold({ ...good, [name]: value }), false))
  }
  it('is false where the layer is another than the archive makes', () => {
    assert.equal(doesHold({ ...good, layerDiffers: ['layer: its state'] }), false)
  })
  it('is false where a good bundle was refused too', () => {
    assert.equal(doesHold({ ...good, refused: 4 }), false)
  })
})
