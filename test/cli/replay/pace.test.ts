import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { paceByRate } from '../../../cli/replay/pace.ts'

/** A clock that stands still but for the sleeps. */
function open(recordsPerSecond: number | undefined) {
  let nowMs = 500
  const sends: [atMs: number, count: number][] = []
  const clock = {
    nowMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms
    },
  }
  const send = paceByRate(async records => void sends.push([nowMs - 500, records.length]), recordsPerSecond, clock)
  const records = (count: number) => Array.from({ length: count }, () => ({ topic: 't', key: null, value: null }))
  return { sends, send: (count: number) => send(records(count)) }
}

describe('paceByRate', () => {
  it('sends a tenth of a second of records at a time, at the rate over all batches', async () => {
    const { sends, send } = open(100)
    await send(25)
    await send(10)
    assert.deepEqual(sends, [
      [0, 10],
      [100, 10],
      [200, 5],
      [250, 10],
    ])
  })
  it('sends one record at a time where the rate is under ten a second', async () => {
    const { sends, send } = open(2)
    await send(3)
    assert.deepEqual(sends, [
      [0, 1],
      [500, 1],
      [1_000, 1],
    ])
  })
  it('sends a batch as it is where there is no rate', async () => {
    const { sends, send } = open(undefined)
    await send(25)
    assert.deepEqual(sends, [[0, 25]])
  })
})
