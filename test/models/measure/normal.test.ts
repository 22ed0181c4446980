import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { normalQuantile } from '#models/measure/normal.ts'

describe('normalQuantile', () => {
  // Table of the standard normal distribution: Abramowitz & Stegun (1964), table 26.5
  for (const [ratio, quantile] of [
    [0.5, 0],
    [0.9, 1.281552],
    [0.975, 1.959964],
    [0.9999, 3.719016],
    [0.1, -1.281552],
    [0.001, -3.090232],
  ]) {
    it(`is ${quantile} at ${ratio}`, () => {
      assert.ok(Math.abs(normalQuantile(ratio) - quantile) < 1e-6)
    })
  }
})
