import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toRows } from '#models/feature-columns.ts'
import { makeFeedbackRows } from '../../../cli/backtest/feedback-rows.ts'

const features = [{ kind: 'number' }, { kind: 'category' }] as const
const everything = { windowMs: Number.POSITIVE_INFINITY, rowLimit: 1e9 }

describe('makeFeedbackRows', () => {
  it('gives the labelled rows in event time, whatever the order of their labels', () => {
    const rows = makeFeedbackRows(features)
    rows.add(10, [1, 'a'])
    rows.add(20, [null, null])
    rows.add(30, [3, 'b'])
    rows.setLabel(2, 1, 35)
    rows.setLabel(0, 0, 40)
    const { atMs, targets, labelDelayMs, features: columns } = rows.toTrainingRows(everything)
    assert.deepEqual(
      [[...atMs], [...targets], [...labelDelayMs]],
      [
        [10, 30],
        [0, 1],
        [30, 5],
      ],
    )
    assert.deepEqual(toRows(columns, 0, 2), [
      [1, 'a'],
      [3, 'b'],
    ])
  })
  it('keeps to the window before the latest labelled row, and to the limit', () => {
    const rows = makeFeedbackRows(features)
    for (let row = 0; row < 10; row++) {
      rows.add(row * 10, [row, 'a'])
      if (row < 9) rows.setLabel(row, 0, row * 10)
    }
    assert.deepEqual([...rows.toTrainingRows({ windowMs: 30, rowLimit: 100 }).atMs], [60, 70, 80])
    assert.deepEqual([...rows.toTrainingRows({ windowMs: 1000, rowLimit: 2 }).atMs], [70, 80])
  })
  it('drops rows that have left the window, and goes on counting from the first', () => {
    const rows = makeFeedbackRows(features)
    const add = (row: number) => {
      rows.add(row, [row, `c${row % 7}`])
      rows.setLabel(row, row % 2, row)
    }
    for (let row = 0; row < 20_000; row++) {
      add(row)
      if (row % 1000 === 999) rows.toTrainingRows({ windowMs: 500, rowLimit: 1e9 })
    }
    const { atMs, targets, features: columns } = rows.toTrainingRows({ windowMs: 3, rowLimit: 1e9 })
    assert.deepEqual(
      [[...atMs], [...targets]],
      [
        [19_997, 19_998, 19_999],
        [1, 0, 1],
      ],
    )
    assert.deepEqual(toRows(columns, 2, 3), [[19_999, `c${19_999 % 7}`]])
    rows.setLabel(3, 1, 5) // long gone
  })
  it('is empty without a label', () => {
    const rows = makeFeedbackRows(features)
    rows.add(1, [1, 'a'])
    assert.equal(rows.toTrainingRows(everything).atMs.length, 0)
  })
})
