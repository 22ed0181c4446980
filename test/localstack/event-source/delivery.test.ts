import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import type { InvokeResult, ItemFailureReading } from '../../../localstack/event-source/outcome.ts'
import { settle, startMemoryDelivery } from '../../memory-delivery.ts'

/** What one invocation comes to, after the last of which all succeed; `at` picks a record of the batch. */
interface Turn {
  readonly does: 'succeed' | 'throw' | 'be throttled' | 'report one' | 'report the rest' | 'be cut elsewhere'
  readonly at: number
}

interface Case {
  /** Records of each partition. */
  readonly counts: readonly number[]
  readonly turns: readonly Turn[]
  readonly batchSize: number
  readonly maxPollerCount: number
  readonly maxRetryCount: number
  readonly splitsOnError: boolean
  readonly reading: ItemFailureReading
}

const gap = 3 // offsets have gaps

/** Runs a case; what has succeeded or was given up is done. */
async function run({ counts, turns, reading, ...settings }: Case) {
  const done = new Set<string>()
  const firstDelivered = counts.map((): number[] => [])
  const committed = counts.map(() => 0)
  let turnCount = 0
  const delivery = await startMemoryDelivery({
    mapping: { ...settings, windowMs: 0, reportsItemFailures: true },
    reading,
    partitions: counts.map(count =>
      Array.from({ length: count }, (_, row) => ({ offset: String(row * gap), timestamp: '1', key: null, value: Buffer.from('v') })),
    ),
    async sendFailure({ slices }) {
      for (const { key, records } of slices) for (const { offset } of records) done.add(`${key} ${offset}`)
    },
    async invoke(_, payload) {
      const groups = Object.entries<{ partition: number; offset: number }[]>(JSON.parse(String(payload)).records)
      const places = groups.flatMap(([key, records]) => records.map(({ partition, offset }) => ({ key, partition, offset })))
      for (const { partition, offset } of places) {
        if (!firstDelivered[partition].includes(offset)) firstDelivered[partition].push(offset)
      }
      await turn()
      return answer(turns[turnCount++], places, done, reading)
    },
    onCommit(partition, nextOffset) {
      assert.ok(nextOffset > committed[partition], 'a commit goes back')
      committed[partition] = nextOffset
      for (let before = 0; before < nextOffset; before += gap) {
        assert.ok(done.has(`t-${partition} ${before}`), `${partition} at ${before} is committed and not done`)
      }
    },
  })
  await settle(delivery)
  return { committed, firstDelivered }
}

interface Place {
  readonly key: string
  readonly offset: number
}

/** The function's answer; what it has done by it goes into `done`. */
function answer(given: Turn | undefined, places: readonly Place[], done: Set<string>, reading: ItemFailureReading): InvokeResult {
  const { does, at } = given ?? { does: 'succeed', at: 0 }
  const nth = at % places.length
  if (does === 'throw') return { ok: false, kind: 'function', error: 'Error: no' }
  if (does === 'be throttled') return { ok: false, kind: 'service', error: 'throttled' }
  if (does === 'be cut elsewhere') return { ok: false, kind: 'recut', error: 'fault', recordCount: 1 + at }
  const isListed = {
    succeed: () => false,
    'report one': (index: number) => index === nth,
    'report the rest': (index: number) => index >= nth && places[index].key === places[nth].key,
  }[does]
  for (const [index, { key, offset }] of places.entries()) {
    const isBehind = reading === 'from lowest' && key === places[nth].key && index >= nth && does !== 'succeed'
    if (!isListed(index) && !isBehind) done.add(`${key} ${offset}`)
  }
  const listed = places.filter((_, index) => isListed(index))
  return { ok: true, response: { batchItemFailures: listed.map(({ key, offset }) => ({ itemIdentifier: { partition: key, offset } })) } }
}

const cases: fc.Arbitrary<Case> = fc.record({
  counts: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
  turns: fc.array(
    fc.record({
      does: fc.constantFrom('succeed', 'throw', 'be throttled', 'report one', 'report the rest', 'be cut elsewhere'),
      at: fc.nat(10),
    }),
    { maxLength: 25 },
  ),
  batchSize: fc.integer({ min: 1, max: 7 }),
  maxPollerCount: fc.integer({ min: 1, max: 3 }),
  maxRetryCount: fc.integer({ min: -1, max: 2 }),
  splitsOnError: fc.boolean(),
  reading: fc.constantFrom('from lowest', 'listed only'),
})

describe('a delivery, whatever its function answers', () => {
  it('settles every record once, delivers each partition in order, and commits nothing that is not done', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async one => {
        const { committed, firstDelivered } = await run(one)
        assert.deepEqual(
          committed,
          one.counts.map(count => (count - 1) * gap + 1),
        )
        assert.deepEqual(
          firstDelivered,
          one.counts.map(count => Array.from({ length: count }, (_, row) => row * gap)),
        )
      }),
      { numRuns: 300 },
    )
  })
})

describe('a delivery that is killed', () => {
  it('commits nothing of the batch that was under way, and invokes no more', async () => {
    let invoked = 0
    let answerNow = () => {}
    const delivery = await startMemoryDelivery({
      mapping: { batchSize: 2, windowMs: 0, maxPollerCount: 1 },
      partitions: [['0', '1', '2', '3'].map(offset => ({ offset, timestamp: '1', key: null, value: Buffer.from('v') }))],
      async invoke() {
        invoked++
        await new Promise<void>(resolve => {
          answerNow = resolve
        })
        return { ok: true, response: null }
      },
    })
    while (invoked === 0) await turn()
    await delivery.kill()
    answerNow()
    for (let turns = 0; turns < 20; turns++) await turn()
    assert.deepEqual({ invoked, committed: delivery.committed }, { invoked: 1, committed: [0] })
  })
})

describe('a delivery whose consumer crashes', () => {
  const partitions = [['0', '1', '2', '3'].map(offset => ({ offset, timestamp: '1', key: null, value: Buffer.from('v') }))]
  it('says so, starts another one, and goes on at what was committed', async () => {
    const reports: string[] = []
    const batches: number[][] = []
    const delivery = await startMemoryDelivery({
      mapping: { batchSize: 2, windowMs: 0, maxPollerCount: 1 },
      partitions,
      report: (level, message) => reports.push(`${level} ${message}`),
      async invoke(_, payload) {
        batches.push(JSON.parse(String(payload)).records['t-0'].map(({ offset }: { offset: number }) => offset))
        if (batches.length === 2) delivery.crash(new TypeError('a header named constructor'))
        await turn()
        return { ok: true, response: null }
      },
    })
    while (delivery.committed[0] < 4) await turn()
    await delivery.stop()
    assert.deepEqual(batches, [
      [0, 1],
      [2, 3],
      [2, 3],
    ])
    const { restarts, lastError } = delivery.status()
    assert.deepEqual([restarts, lastError], [1, 'TypeError: a header named constructor'])
    assert.deepEqual(reports, [
      'error the consumer of t crashed, its records wait; it starts again in 0.001 s: TypeError: a header named constructor',
    ])
  })
})
