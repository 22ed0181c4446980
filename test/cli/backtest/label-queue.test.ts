import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LabelDelay, makeLabelQueue } from '../../../cli/backtest/label-queue.ts'

/** For each row of the given times, the rows whose label was known before it; labels say that they were known at `labelAtMs`. */
function releases(delay: LabelDelay, timesMs: readonly number[], labelAtMs: (row: number) => number = row => timesMs[row]): number[][] {
  const queue = makeLabelQueue(delay)
  return timesMs.map((atMs, row) => {
    const known: number[] = []
    for (let due = queue.release(row, atMs); due !== undefined; due = queue.release(row, atMs)) known.push(due)
    queue.add(row, atMs, labelAtMs(row))
    return known
  })
}

describe('makeLabelQueue', () => {
  it('releases a label before the next row without delay', () => {
    assert.deepEqual(releases({ rows: 0 }, [10, 20, 30]), [[], [0], [1]])
  })
  it('releases a label after so many further rows', () => {
    assert.deepEqual(releases({ rows: 2 }, [1, 2, 3, 4, 5]), [[], [], [], [0], [1]])
  })
  it('releases a label after so much event time, to an event of that very time too', () => {
    assert.deepEqual(releases({ ms: 10 }, [0, 5, 10, 14, 15]), [[], [], [0], [], [1]])
  })
  it('releases a label when it says that it was known, whatever the order of the rows', () => {
    assert.deepEqual(
      releases('label time', [0, 1, 2, 50, 60], row => [55, 2, 3, 50, 60][row]),
      [[], [], [1], [2], [3, 0]],
    )
  })
  it('never lets a label be known before its own event', () => {
    assert.deepEqual(
      releases('label time', [10, 20], () => 0),
      [[], [0]],
    )
  })
  it('tells how many were never released', () => {
    const queue = makeLabelQueue({ rows: 5 })
    queue.add(0, 0, 0)
    assert.equal(queue.size, 1)
  })
})
