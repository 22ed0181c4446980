import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeStallDetector, stallMs } from './stalls.ts'

const at = (committed: number, end = 10, partition = 'topic-0') => [{ group: 'group', partition, committed, end }]

describe('makeStallDetector', () => {
  it('counts a partition once that has lag and does not move for the time', () => {
    const detector = makeStallDetector()
    for (const nowMs of [0, stallMs / 2, stallMs - 1]) detector.note(nowMs, at(3))
    assert.deepEqual(detector.stalls(), [])
    for (const nowMs of [stallMs, 2 * stallMs, 3 * stallMs]) detector.note(nowMs, at(3))
    assert.deepEqual(detector.stalls(), [{ group: 'group', place: 'topic-0-3' }])
    assert.ok(detector.isStalled())
  })
  it('counts it again where it stands still after it has moved', () => {
    const detector = makeStallDetector()
    for (const nowMs of [0, stallMs]) detector.note(nowMs, at(3))
    detector.note(stallMs + 1, at(4))
    assert.ok(!detector.isStalled())
    detector.note(2 * stallMs + 1, at(4))
    assert.equal(detector.stalls().length, 2)
  })
  it('takes a partition without lag for done, however long nothing comes', () => {
    const detector = makeStallDetector()
    for (const nowMs of [0, stallMs, 2 * stallMs]) detector.note(nowMs, at(10))
    detector.note(2 * stallMs + 1, at(10, 11)) // the wait begins with the record
    detector.note(3 * stallMs, at(10, 11))
    assert.deepEqual(detector.stalls(), [])
  })
  it('keeps partitions apart', () => {
    const detector = makeStallDetector()
    detector.note(0, [...at(1), ...at(1, 10, 'topic-1')])
    detector.note(stallMs, [...at(1), ...at(2, 10, 'topic-1')])
    assert.deepEqual(detector.stalls(), [{ group: 'group', place: 'topic-0-1' }])
  })
})
