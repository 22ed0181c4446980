import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toSeconds } from './measure.ts'
import { faultsOf, type Row } from './report.ts'
import { failedIn } from './scheduled-steps.ts'

const usage = {
  calls: {},
  callsASecondAtMost: { s3: 1, dynamo: 1 },
  largestItemBytes: 1,
  largestObjectBytes: 1,
  objectsWritten: 0,
  refused: [],
}
const phase = { invocations: 1, secondsAtMost: 1, wallSecondsAtMost: 1, cpuSeconds: 1, failed: 0, errors: [], usage }
const row: Row = {
  step: 'infer',
  of: 'features',
  memoryMb: 1_769,
  timeoutSec: 60,
  diskLimitMb: 512,
  peakMb: 200,
  diskMb: 0,
  phases: { warm: phase },
  anHour: { calls: 1, objects: 0, busySec: 10 },
}

describe('faultsOf', () => {
  it('finds none in a step that is within its limits', () => {
    assert.deepEqual(faultsOf(row), [])
  })
  const over: readonly [what: string, row: Row, line: RegExp][] = [
    ['memory', { ...row, peakMb: 1_770 }, /memory 1770 MB, at most 1769/],
    [
      'what an issue asks for',
      { ...row, aim: { seconds: 0.5, memoryMb: 100 } },
      /memory 200 MB, the aim is 100\ninfer: 1.0 s, the aim is 0.5/,
    ],
    ['its disk', { ...row, diskMb: 513 }, /\/tmp 513 MB, at most 512/],
    ['its timeout', { ...row, phases: { warm: { ...phase, secondsAtMost: 61 } } }, /warm: 61.0 s, at most 60/],
    ['the hours of its partitions', { ...row, anHour: { ...row.anHour, busySec: 21_601 } }, /21601 s of functions in an hour/],
    [
      "an item's size",
      { ...row, phases: { warm: { ...phase, usage: { ...usage, largestItemBytes: 409_601 } } } },
      /an item of 409601 bytes/,
    ],
    ['what AWS takes', { ...row, phases: { warm: { ...phase, usage: { ...usage, refused: ['S3 PUT: a key'] } } } }, /warm: S3 PUT: a key/],
    ['none of these, but failed', { ...row, phases: { warm: { ...phase, errors: ['Error: x'], failed: 2 } } }, /warm: 2 failed/],
  ]
  for (const [what, own, line] of over) {
    it(`names a step that is over ${what}`, () => assert.match(faultsOf(own).join('\n'), line))
  }
})

describe('toSeconds', () => {
  it('leaves out what the process waited for a core', () => {
    assert.equal(toSeconds({ wallMs: 5_000, cpuMs: 1_000, queuedMs: 3_000 }, 1_769), 2)
  })
  it('is not shorter than the CPU time on the share of a core that the memory buys', () => {
    assert.equal(toSeconds({ wallMs: 1_000, cpuMs: 1_000, queuedMs: 0 }, 1_769 / 2), 2)
  })
})

describe('failedIn', () => {
  it('counts hours that compact could not close, and objects that are gone or no Parquet', () => {
    assert.equal(failedIn({ closedHours: 7, failedHours: 1, missingObjects: 2, refusedObjects: 3 }), 6)
  })
  it('is nothing for a step that says none', () => assert.equal(failedIn(undefined), 0))
})
