import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StreamRecord } from '../../../localstack/replay/merge.ts'
import { paceByLag, paceBySpeed } from '../../../localstack/replay/pace.ts'

const records = (count: number, atMs = 0): StreamRecord[] =>
  Array.from({ length: count }, () => ({ kind: 'event', atMs, key: 'k', value: 'v' }))
const { signal } = new AbortController()

/** A clock that only moves when somebody sleeps. */
function fakeClock() {
  const slept: number[] = []
  let nowMs = 5_000
  const sleep = async (ms: number) => {
    slept.push(ms)
    nowMs += ms
  }
  return { slept, now: () => nowMs, sleep, pass: (ms: number) => (nowMs += ms) }
}

describe('paceByLag', () => {
  it('asks for the lag only when the room that the last answer gave is used up', async () => {
    let asked = 0
    const lag = async () => {
      asked++
      return 3_000
    }
    const pace = paceByLag({ lag, maxLag: 8_000, signal }, fakeClock())
    for (let chunk = 0; chunk < 6; chunk++) await pace(records(1_000))
    assert.equal(asked, 2)
  })
  it('waits while the lag is at the bound or over it', async () => {
    const lags = [9_000, 8_000, 7_999]
    const clock = fakeClock()
    const pace = paceByLag({ lag: async () => lags.shift() ?? Number.NaN, maxLag: 8_000, signal }, clock)
    await pace(records(1_000))
    assert.deepEqual(clock.slept, [100, 100])
  })
  it('no longer waits once the replay is stopped', async () => {
    const stopping = new AbortController()
    const clock = fakeClock()
    const sleep = async () => stopping.abort()
    const pace = paceByLag({ lag: async () => 9_000, maxLag: 8_000, signal: stopping.signal }, { ...clock, sleep })
    await pace(records(1))
  })
})

describe('paceBySpeed', () => {
  it('sends the first records at once and the others when their share of the time has passed', async () => {
    const clock = fakeClock()
    const pace = paceBySpeed(60, clock)
    await pace(records(1, 1_000_000))
    await pace(records(1, 1_060_000))
    clock.pass(400)
    await pace(records(1, 1_120_000))
    assert.deepEqual(clock.slept, [1_000, 600])
  })
  it('does not wait when it is behind', async () => {
    const clock = fakeClock()
    const pace = paceBySpeed(60, clock)
    await pace(records(1, 0))
    clock.pass(10_000)
    await pace(records(1, 60_000))
    assert.deepEqual(clock.slept, [])
  })
})
