import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseLayerChoice } from '#models/layer/choice.ts'

const hourMs = 3_600_000
const within = { arrivesWithinMs: 2 * hourMs, windowMs: 24 * hourMs }

describe('parseLayerChoice', () => {
  it('is on where labels come within the training window, and goes stale after twice that time', () => {
    assert.deepEqual(parseLayerChoice(undefined, within), { periods: [], staleAfterMs: 4 * hourMs })
  })
  it('is off where they do not, unless it is asked for', () => {
    const late = { arrivesWithinMs: 48 * hourMs, windowMs: 24 * hourMs }
    assert.equal(parseLayerChoice(undefined, late), undefined)
    assert.ok(parseLayerChoice({}, late))
    assert.equal(parseLayerChoice('off', within), undefined)
  })
  it('never goes stale within an hour by itself', () => {
    assert.equal(parseLayerChoice({}, { ...within, arrivesWithinMs: 1 })?.staleAfterMs, hourMs)
  })
  it('takes periods by name', () => {
    assert.deepEqual(parseLayerChoice({ periods: ['day'] }, within)?.periods, [{ everyMs: 24 * hourMs, stepMs: hourMs }])
  })
  it('rejects other choices, periods and settings by name', () => {
    assert.throws(() => parseLayerChoice('on' as 'off', within), /layer must be 'off' or an object/)
    assert.throws(() => parseLayerChoice({ periods: ['month' as 'day'] }, within), /layer.periods must be some of day, week/)
    assert.throws(() => parseLayerChoice({ staleAfterMs: 0 }, within), /layer.staleAfterMs must be from 1000/)
  })
})
