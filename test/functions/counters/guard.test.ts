import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { type Guard, leaveOutCounted, makeRoom, parseGuard, readPages, toGuardJson } from '#functions/counters/guard.ts'
import { noLabels } from '#models/task/yes-no/counters.ts'
import { memoryDynamo } from '../../memory-dynamo.ts'

const empty: Guard = { labels: noLabels, sources: new Map() }
const rowAt = (offset: number, partition = 0) => ({ source: { topic: 'l', partition, offset } })
const rowsAt = (offsets: readonly number[]) => offsets.map(offset => rowAt(offset))
const offsetsOf = (rows: readonly { readonly source: { readonly offset: number } }[]) => rows.map(({ source }) => source.offset)
const everySecond = (count: number, from = 0) => Array.from({ length: count }, (_, at) => from + 2 * at)

/** A partition's guard and pages, as batches find them. */
function open() {
  const { client, itemsOf } = memoryDynamo()
  const store = dynamoCounters('counters', client)
  let guard = empty
  const count = async (rows: readonly ReturnType<typeof rowAt>[], isDone = true) => {
    const roomy = await makeRoom(store, 'p', guard, 1)
    const fresh = leaveOutCounted(rows, roomy, await readPages(store, 'p', roomy, rows))
    if (isDone) guard = fresh.guard
    return fresh.rows
  }
  return { count, pages: () => itemsOf('counters').length, guard: () => guard }
}

describe('leaveOutCounted', () => {
  it('knows each offset of each source partition again', () => {
    const { rows, guard } = leaveOutCounted([...rowsAt([5, 6, 9, 7, 8, 2, 6]), rowAt(6, 1)], empty, new Map())
    assert.deepEqual(offsetsOf(rows), [5, 6, 9, 7, 8, 2, 6])
    assert.deepEqual(offsetsOf(leaveOutCounted([...rowsAt([2, 3, 8]), rowAt(6, 1)], guard, new Map()).rows), [3])
  })
  it('leaves the guard it was given as it is', () => {
    const guard: Guard = { labels: noLabels, sources: new Map([['l-0', { movedTo: -1, spans: [0, 3] }]]) }
    leaveOutCounted(rowsAt([4]), guard, new Map())
    assert.deepEqual(guard.sources.get('l-0')!.spans, [0, 3])
  })
})

describe('a guard', () => {
  it('comes back from its JSON', () => {
    const sources = new Map([
      ['l-0', { movedTo: 7, spans: [10, 12, 20, 20] }],
      ['l-1', { movedTo: -1, spans: [] }],
    ])
    const guard: Guard = { labels: { total: 3, positives: 1, last: 1 }, sources }
    assert.deepEqual(parseGuard({ json: toGuardJson(guard) }), guard)
    assert.deepEqual(parseGuard(undefined), empty)
  })
  it('moves its spans to pages when it has too many, and knows them still', async () => {
    const { count, pages, guard } = open()
    await count(rowsAt(everySecond(3_000)))
    assert.equal(pages(), 0)
    assert.deepEqual(offsetsOf(await count(rowsAt([6_000]))), [6_000])
    assert.deepEqual(guard().sources.get('l-0'), { movedTo: 5_998, spans: [6_000, 6_000] })
    assert.deepEqual(offsetsOf(await count(rowsAt([0, 3, 5_998, 6_000, 5_999, 3]))), [3, 5_999])
    assert.deepEqual(offsetsOf(await count(rowsAt([3, 4, 5]))), [5])
    assert.equal(pages(), 1)
  })
  it('reads no page for rows that come in their order', async () => {
    const { client, calls } = memoryDynamo()
    const store = dynamoCounters('counters', client)
    const { guard } = leaveOutCounted(rowsAt(everySecond(3_000)), empty, new Map())
    const roomy = await makeRoom(store, 'p', guard, 1)
    calls.length = 0
    await readPages(store, 'p', roomy, rowsAt([5_999, 7_000]))
    assert.equal(calls.length, 0)
  })
  it('counts nothing for a row that only a page took, before its batch was lost', async () => {
    const { count } = open()
    await count(rowsAt(everySecond(3_000)))
    await count(rowsAt([7_001]), false) // the pages are written, the guard is not
    assert.deepEqual(offsetsOf(await count(rowsAt([7_001, 0, 5_998]))), [7_001])
  })
  it('counts each offset once, in whatever order and batches they come', async () => {
    const batches = fc.array(fc.array(fc.record({ offset: fc.nat(5), spread: fc.boolean() }), { maxLength: 4 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(batches, async drawn => {
        const { count } = open()
        const counted: number[] = []
        const sent: number[] = []
        for (const batch of drawn) {
          const offsets = batch.flatMap(({ offset, spread }) => (spread ? everySecond(1_200, offset * 700) : [offset * 9_000]))
          sent.push(...offsets)
          counted.push(...offsetsOf(await count(rowsAt(offsets))))
        }
        assert.deepEqual(
          counted.sort((a, b) => a - b),
          [...new Set(sent)].sort((a, b) => a - b),
        )
      }),
      { numRuns: 30 },
    )
  })
})
