import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeProgress, toProgressLine } from '../../cli/progress.ts'

const counts = { published: 1_200, failed: 0, bytes: 90_000, seconds: 2 }

/** A stream that keeps what is written, and a clock that stands still until it is moved. */
function fakeStream(isTTY: boolean) {
  const written: string[] = []
  let nowMs = 0
  const stream = { isTTY, write: (text: string) => written.push(text) }
  return { written, progress: makeProgress(stream, () => nowMs), pass: (ms: number) => (nowMs += ms) }
}

describe('toProgressLine', () => {
  it('shows the part that is read, the records and their rate', () => {
    assert.equal(toProgressLine(counts, 0.5), '[############            ]  50 %  1,200 records  600/s')
  })
  it('never goes over 100 %', () => {
    assert.match(toProgressLine(counts, 1.2), /^\[#{24}\] 100 %/)
  })
})

describe('makeProgress', () => {
  it('redraws one line on a terminal, ten times a second at most', () => {
    const { written, progress, pass } = fakeStream(true)
    for (const ms of [0, 50, 50]) {
      pass(ms)
      progress.show(counts, 0.5)
    }
    assert.equal(written.length, 2)
    assert.ok(written.every(text => text.startsWith('\r\u001b[K') && !text.endsWith('\n')))
  })
  it('writes whole lines elsewhere, one every five seconds', () => {
    const { written, progress, pass } = fakeStream(false)
    for (let second = 0; second < 12; second++) {
      progress.show(counts, 0.5)
      pass(1_000)
    }
    progress.clear()
    assert.equal(written.length, 2)
    assert.ok(written.every(text => text.startsWith('[') && text.endsWith('/s\n')))
  })
})
