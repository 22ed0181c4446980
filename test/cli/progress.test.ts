import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeProgress, toProgressLine } from '../../cli/progress.ts'

const text = '1,200 records  600/s'

/** A stream that keeps what is written, and a clock that stands still until it is moved. */
function fakeStream(isTTY: boolean) {
  const written: string[] = []
  let nowMs = 0
  const stream = { isTTY, write: (text: string) => written.push(text) }
  return { written, progress: makeProgress(stream, () => nowMs), pass: (ms: number) => (nowMs += ms) }
}

describe('toProgressLine', () => {
  it('shows the part that is done and what is said of it', () => {
    assert.equal(toProgressLine(0.5, text), '[############            ]  50 %  1,200 records  600/s')
  })
  it('never goes over 100 %', () => {
    assert.match(toProgressLine(1.2, text), /^\[#{24}\] 100 %/)
  })
})

describe('makeProgress', () => {
  it('redraws one line on a terminal, ten times a second at most', () => {
    const { written, progress, pass } = fakeStream(true)
    for (const ms of [0, 50, 50]) {
      pass(ms)
      progress.show(0.5, () => text)
    }
    assert.equal(written.length, 2)
    assert.ok(written.every(text => text.startsWith('\r\u001b[K') && !text.endsWith('\n')))
  })
  it('writes whole lines elsewhere, one every five seconds', () => {
    const { written, progress, pass } = fakeStream(false)
    for (let second = 0; second < 12; second++) {
      progress.show(0.5, () => text)
      pass(1_000)
    }
    progress.clear()
    assert.equal(written.length, 2)
    assert.ok(written.every(text => text.startsWith('[') && text.endsWith('/s\n')))
  })
})
