import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isCounted, makeJudge } from '#functions/features/judge.ts'

describe('the lateness of a record', () => {
  it('is by the newest of its partition that was counted before, to the millisecond', () => {
    const judge = makeJudge({ allowedMs: 10, later: 'drop' })
    assert.equal(judge.timingOf(-1e15), 'inTime')
    judge.take(100)
    judge.take(50)
    assert.deepEqual([judge.timingOf(90), judge.timingOf(89), judge.timingOf(1e15)], ['inTime', 'dropped', 'inTime'])
  })
  it('goes on from where the partition had been', () => {
    assert.equal(makeJudge({ allowedMs: 10, later: 'reject' }, 100).timingOf(89), 'dropped')
    assert.equal(makeJudge({ allowedMs: 10, later: 'amend' }, 100).timingOf(89), 'amended')
  })
})

describe('isCounted', () => {
  it('keeps out what is dropped, and what came before', () => {
    assert.deepEqual(
      (['inTime', 'amended', 'dropped'] as const).map(timing => [isCounted(timing, false), isCounted(timing, true)]),
      [
        [true, false],
        [true, false],
        [false, false],
      ],
    )
  })
})
