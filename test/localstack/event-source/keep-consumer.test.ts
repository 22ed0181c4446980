import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConsumerEvents, ConsumerPort } from '../../../localstack/event-source/consumer.ts'
import { keepConsumer } from '../../../localstack/event-source/keep-consumer.ts'

/** A consumer whose starts are numbered from 1; those that are listed fail. */
function makeConsumers({ failing = [], waitMs = () => 1 }: { failing?: readonly number[]; waitMs?: (crashCount: number) => number } = {}) {
  const started: ConsumerEvents[] = []
  const told: string[] = []
  let startCount = 0
  const start = async (events: ConsumerEvents): Promise<ConsumerPort> => {
    const nth = ++startCount
    if (failing.includes(nth)) throw new Error(`start ${nth} failed`)
    started.push(events)
    return {
      pause: () => () => {},
      resume: () => void told.push(`resume ${nth}`),
      commitOffsets: async () => void told.push(`commit ${nth}`),
      disconnect: async () => void told.push(`leave ${nth}`),
    }
  }
  const kept = keepConsumer({
    start,
    events: {
      onAssigned: (partitions, isNewMember) => void told.push(`assigned [${partitions}]${isNewMember ? ' as new' : ''}`),
      onRecords: partition => void told.push(`records of ${partition}`),
    },
    onCrash: (error, pauseMs) => void told.push(`crash: ${(error as Error).message}, again in ${pauseMs} ms`),
    onRestart: () => void told.push('restart'),
    waitMs,
  })
  const until = async (count: number) => {
    while (started.length < count) await delay(1)
    await delay(1)
  }
  return { kept, started, told, until }
}

describe('keepConsumer', () => {
  it('starts a consumer that crashed anew, takes its partitions away meanwhile, and tells of both', async () => {
    const { kept, started, told, until } = makeConsumers()
    const consumer = await kept
    started[0].onCrash(new TypeError('constructor'))
    await until(2)
    assert.deepEqual(told.splice(0), ['assigned [] as new', 'leave 1', 'crash: constructor, again in 1 ms', 'restart'])
    started[1].onAssigned([0, 1], true)
    started[1].onRecords(1, [])
    await consumer.commitOffsets([])
    await consumer.disconnect()
    assert.deepEqual(told, ['assigned [0,1] as new', 'records of 1', 'commit 2', 'leave 2'])
  })
  it('waits longer with each crash in a row, starts that fail included', async () => {
    const { kept, started, told, until } = makeConsumers({ failing: [2, 3], waitMs: crashCount => crashCount })
    const consumer = await kept
    started[0].onCrash(new Error('gone'))
    await until(2)
    await consumer.disconnect()
    assert.deepEqual(
      told.filter(line => /^crash|^restart/.test(line)),
      [
        'crash: gone, again in 1 ms',
        'restart',
        'crash: start 2 failed, again in 2 ms',
        'restart',
        'crash: start 3 failed, again in 3 ms',
        'restart',
      ],
    )
  })
  it('hears nothing more of a consumer that crashed', async () => {
    const { kept, started, told, until } = makeConsumers()
    const consumer = await kept
    started[0].onCrash(new Error('gone'))
    await until(2)
    told.length = 0
    started[0].onRecords(0, [])
    started[0].onAssigned([0], false)
    started[0].onCrash(new Error('gone again'))
    await consumer.disconnect()
    assert.deepEqual(told, ['leave 2'])
  })
  it('commits nothing while there is no consumer', async () => {
    const { kept, started } = makeConsumers({ waitMs: () => 60_000 })
    const consumer = await kept
    started[0].onCrash(new Error('gone'))
    await assert.rejects(consumer.commitOffsets([]), { code: 'SERVER_FAILED', retryable: true })
    await consumer.disconnect()
  })
  it('ends while it waits', async () => {
    const { kept, started, told } = makeConsumers({ waitMs: () => 60_000 })
    const consumer = await kept
    started[0].onCrash(new Error('gone'))
    await consumer.disconnect()
    assert.equal(started.length, 1)
    assert.ok(!told.includes('restart'))
  })
  it('rejects where the first start fails', async () => {
    await assert.rejects(makeConsumers({ failing: [1] }).kept, /start 1 failed/)
  })
})
