import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rowsKnownBefore, selectTimes } from '#models/trainer/known-rows.ts'

const atMs = Float64Array.of(0, 10, 20, 30, 40, 50, 60, 70)

describe('rowsKnownBefore', () => {
  it('takes every row where labels come at once', () => {
    assert.deepEqual([...rowsKnownBefore({ atMs, knownAtMs: atMs }, 6)], [0, 1, 2, 3, 4, 5])
  })
  it('leaves out the rows whose label came after the row was to be scored', () => {
    assert.deepEqual([...rowsKnownBefore({ atMs, knownAtMs: atMs.map(ms => ms + 25) }, 6)], [0, 1, 2, 3])
  })
  it('leaves out one row for one late label, not all since', () => {
    const knownAtMs = atMs.map(ms => ms + (ms === 10 ? 1_000 : 1))
    assert.deepEqual([...rowsKnownBefore({ atMs, knownAtMs }, 6)], [0, 2, 3, 4, 5])
  })
  it('takes the half that was known first where the delay would leave less', () => {
    const knownAtMs = atMs.map(ms => ms + (ms === 0 ? 2_000 : 1_000))
    assert.deepEqual([...rowsKnownBefore({ atMs, knownAtMs }, 6)], [1, 2, 3])
  })
})

describe('selectTimes', () => {
  it('gives the times of the chosen rows', () => {
    const { atMs: chosen, knownAtMs } = selectTimes({ atMs, knownAtMs: atMs.map(ms => ms + 1) }, Int32Array.of(1, 3))
    assert.deepEqual(
      [Array.from(chosen), Array.from(knownAtMs)],
      [
        [10, 30],
        [11, 31],
      ],
    )
  })
})
