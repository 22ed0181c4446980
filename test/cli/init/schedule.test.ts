import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseTrainer } from '#models/trainer/settings.ts'
import { toRowSchedule, toSchedule } from '../../../cli/init/schedule.ts'

const dayMs = 86_400_000

describe('toSchedule', () => {
  it('retrains a hundred times over a long file, on all of it, the latest tenth weighing most', () => {
    const { every, window, halfLife, holdoutRowsAtMost } = toSchedule(45_312, 940 * dayMs)
    assert.deepEqual(
      [every, window, halfLife, holdoutRowsAtMost],
      [{ count: 9, unit: 'day' }, { count: 940, unit: 'day' }, { count: 94, unit: 'day' }, 2_300],
    )
  })
  it('waits for 50 new rows of a short one', () => {
    assert.deepEqual(toSchedule(500, 499 * dayMs).every, { count: 50, unit: 'day' })
  })
  it('keeps the latest million rows of a stream without end', () => {
    const { window, every } = toSchedule(5_000_000, 4_999_999_000)
    assert.deepEqual(
      [window, every],
      [
        { count: 12, unit: 'day' },
        { count: 14, unit: 'hour' },
      ],
    )
  })
  it('counts in rows where the row is the clock', () => {
    const { every, window } = toRowSchedule(1_250)
    assert.deepEqual(
      [every, window],
      [
        { count: 50, unit: 'row' },
        { count: 1_300, unit: 'row' },
      ],
    )
  })
  it('is never nothing, not for one row at one instant', () => {
    const { every, window, labelWait } = toSchedule(1, 0)
    for (const { count } of [every, window, labelWait]) assert.ok(count >= 1)
  })
  it('gives settings that the trainers take', () => {
    for (const rowCount of [100, 5_000, 50_000]) {
      const { trainer = '{}' } = toSchedule(rowCount, dayMs)
      assert.ok(parseTrainer(new Function(`return (${trainer})`)()).kinds.length > 0)
    }
  })
})
