import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { studentQuantile } from '#models/measure/student.ts'

describe('studentQuantile', () => {
  // Abramowitz & Stegun, Table 26.10
  const table: readonly [ratio: number, degrees: number, quantile: number][] = [
    [0.95, 3, 2.353],
    [0.975, 4, 2.776],
    [0.99, 5, 3.365],
    [0.95, 9, 1.833],
    [0.995, 9, 3.25],
    [0.9995, 9, 4.781],
    [0.975, 120, 1.98],
  ]
  for (const [ratio, degrees, quantile] of table) {
    it(`is ${quantile} at ${ratio} with ${degrees} degrees, as the table has it to a hundredth of its value`, () => {
      assert.ok(Math.abs(studentQuantile(ratio, degrees) / quantile - 1) < 0.01)
    })
  }
  it('is 0 in the middle and odd about it', () => {
    assert.ok(Math.abs(studentQuantile(0.5, 9)) < 1e-12)
    assert.ok(Math.abs(studentQuantile(0.1, 9) + studentQuantile(0.9, 9)) < 1e-12)
  })
})
