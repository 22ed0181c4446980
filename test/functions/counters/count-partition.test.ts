import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { countPartition } from '#functions/counters/count-partition.ts'
import { readDuel, readTallies } from '#functions/counters/read.ts'
import type { CountedRow } from '#functions/counters/rows.ts'
import { makeRandom } from '#models/random.ts'
import { toQuality } from '#models/task/yes-no/counters.ts'
import { bytesOfItem } from '../../dynamo-limits.ts'
import { makePrediction } from '../../fixtures.ts'
import { memoryDynamo } from '../../memory-dynamo.ts'

const dayMs = 86_400_000
const rowAt = (
  offset: number,
  { labels = 0, ...changes }: Partial<CountedRow['prediction']> & { readonly labels?: number } = {},
): CountedRow => ({
  prediction: makePrediction({ score: 0.6, ...changes }),
  target: 1,
  source: { topic: 'flights.labels', partition: labels, offset },
})

function open() {
  const dynamo = memoryDynamo()
  const store = dynamoCounters('counters', dynamo.client)
  const count = (rows: readonly CountedRow[], partition = 'flights.feedback-0') =>
    countPartition({ store, positiveAtLeast: 0.5, expiresAtSec: 7 }, partition, rows)
  const labelled = async () => (await readTallies(store)).reduce((sum, { quality }) => sum + toQuality(quality).labelled, 0)
  return { ...dynamo, store, count, labelled }
}

describe('countPartition', () => {
  it('writes guard, tallies and duels at once, all with an end, and lists the partition before', async () => {
    const { count, calls, itemsOf } = open()
    await count([rowAt(0, { shadows: [{ model: 'm2', score: 0.3 }] })])
    const writes = calls.filter(({ operation }) => operation === 'TransactWriteItems')
    const sizes = writes.map(({ input }) => (input as { readonly TransactItems: readonly object[] }).TransactItems.length)
    assert.deepEqual(sizes, [1, 4])
    const ends = Object.fromEntries(itemsOf('counters').map(({ name, expiresAtSec }) => [name.S, expiresAtSec?.N]))
    assert.deepEqual(ends, {
      'flights.feedback-0': undefined,
      guard: '7',
      'tally/champion/m1': '7',
      'tally/shadow/m2': '7',
      'duel/m1/m2/11323': '7',
    })
  })
  it('writes nothing for rows that were all counted', async () => {
    const { count, calls } = open()
    await count([rowAt(0), rowAt(1)])
    calls.length = 0
    await count([rowAt(1), rowAt(0)])
    assert.deepEqual(
      calls.map(({ operation }) => operation),
      ['BatchGetItem'],
    )
  })
  it('lets one of two twins count a row', async () => {
    const { count, labelled } = open()
    await count([rowAt(0)])
    const outcomes = await Promise.allSettled([count([rowAt(1)]), count([rowAt(1)])])
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    assert.equal(await labelled(), 2)
  })
  it('counts rows of more models and days than one write takes', async () => {
    const { count, store, labelled } = open()
    const rows = Array.from({ length: 300 }, (_, at) => {
      return rowAt(at, { atMs: at * dayMs, model: `m${at % 40}`, shadows: [{ model: 'z', score: 0.3 }] })
    })
    await count(rows)
    await count(rows)
    assert.equal(await labelled(), 600) // a row counts for both of its models
    assert.equal((await readDuel(store)('m0', 'z')).length, 8)
    assert.equal((await readTallies(store)).length, 41)
  })
})

describe('the guard of a partition', { timeout: 120_000 }, () => {
  /** Batches of a feedback partition: labels of all label partitions, of each a share that depends on whether labels have keys. */
  async function* batchesOf(partitionCount: number, { hasKeys, batchCount }: { readonly hasKeys: boolean; readonly batchCount: number }) {
    const random = makeRandom(1)
    const from = Array.from({ length: partitionCount }, () => Math.floor(random() * 4e7))
    for (let batch = 0; batch < batchCount; batch++) {
      const rows: CountedRow[] = []
      for (let offset = 0; offset < 1_000; offset++) {
        for (let labels = 0; labels < partitionCount; labels++) {
          const isOurs = hasKeys ? labels === 0 && random() < 0.99 : random() < 1 / partitionCount
          if (isOurs) rows.push(rowAt(from[labels] + batch * 1_000 + offset, { labels }))
        }
      }
      yield rows
    }
  }

  for (const [partitionCount, hasKeys] of [
    [12, true],
    [12, false],
    [200, false],
  ] as const) {
    const who = `${partitionCount} label partitions ${hasKeys ? 'with' : 'without'} keys`
    it(`stays below 100 kB with ${who}, and counts each label once that comes twice`, async () => {
      const { count, labelled, itemsOf } = open()
      let sent = 0
      let largest = 0
      let last: readonly CountedRow[] = []
      for await (const rows of batchesOf(partitionCount, { hasKeys, batchCount: 12 })) {
        await count(rows)
        await count([...last, ...rows.slice(0, 10)])
        sent += rows.length
        last = rows
        largest = Math.max(largest, ...itemsOf('counters').map(bytesOfItem))
      }
      assert.equal(await labelled(), sent)
      assert.ok(largest < 100_000, `${largest} bytes`)
    })
  }
})
