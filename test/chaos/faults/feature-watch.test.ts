import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { watchFeatures } from './feature-watch.ts'

const source = { topic: 'flights.events', partition: 0, offset: 1 }

describe('watchFeatures', () => {
  it('counts an event that came again with the same features', () => {
    const watch = watchFeatures()
    for (const offset of [1, 2, 1]) watch.note({ source: { ...source, offset }, features: [0.1, 'JFK', null] })
    assert.deepEqual(watch.read(), { repeated: 1, changed: 0, firstChanged: undefined })
  })
  it('finds a change of the last bit of one feature', () => {
    const watch = watchFeatures()
    watch.note({ source, features: [0.3, 'JFK'] })
    watch.note({ source, features: [0.1 + 0.2, 'JFK'] })
    assert.equal(watch.read().changed, 1)
    assert.equal(watch.read().firstChanged, 'flights.events-0-1: [0.3,"JFK"] then [0.30000000000000004,"JFK"]')
  })
})
