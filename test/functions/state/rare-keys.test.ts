import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { memoryState } from '#functions/adapters/memory-state.ts'
import type { StateItem, StateStore } from '#functions/ports.ts'
import { openFold } from '#functions/state/stored.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { checkAggregates, checkLateness } from '#models/windows/check.ts'
import { toOp } from '#models/windows/op.ts'
import { planWindows } from '#models/windows/plan.ts'
import { keysRead } from '#models/windows/snapshot.ts'
import { openWindows } from '#models/windows/windows.ts'

// The 10-minute and the 1-day window of models/examples/payments.ts, and cards of which hardly one is ever seen again.
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const everyMs = 10_000
const sources = ['events', 'labels'].map(name => ({ name, timeOf: (row: object) => (row as { atMs: number }).atMs }))
const over = { over: 'events', by: (row: { card: string }) => row.card, stat: 'count' }
const plan = planWindows(
  checkAggregates({ short: { ...over, windowMs: 10 * minuteMs }, long: { ...over, windowMs: dayMs } } as never, ['events', 'labels']),
  sources,
  checkLateness({ allowedMs: 0, later: 'drop' }),
)
const batchSize = 50
const batchCount = 800
/** A day of cards in one ring, ten minutes in the other, and a bucket of each. */
const keysThatMatter = (dayMs * 13) / 12 / everyMs + (10 * minuteMs * 13) / 12 / everyMs

describe('the state of a stream in which hardly a key is seen again', () => {
  const written: StateItem[] = []
  let snapshots = 0
  let mostHeld = 0
  let store: StateStore

  before(async () => {
    const inner = memoryState()
    store = {
      ...inner,
      append: item => {
        written.push(item)
        return inner.append(item)
      },
      put: items => {
        written.push(...items)
        return inner.put(items)
      },
    }
    const state = makeWindowState({ plan, store, nowMs: () => 0 })
    for (let batch = 0; batch < batchCount; batch++) {
      const visits = Array.from({ length: batchSize }, (_, at) => {
        const offset = batch * batchSize + at
        const visit = ({ rings }: ReturnType<typeof openWindows>) => {
          mostHeld = Math.max(mostHeld, rings(0).size + rings(1).size)
          return true
        }
        const event = { atMs: offset * everyMs, card: `card ${offset}` }
        return { offset, op: toOp(plan.sources[0], event), keys: () => keysRead(plan, event), visit }
      })
      await state.visit(new Map([['x.events-0', visits]]))
      snapshots += Number(await state.snapshot())
    }
  })

  it('comes into snapshots', () => {
    assert.ok(snapshots >= 4, `${snapshots} in ${batchCount} entries`)
  })
  it('does not write more for snapshots than a few times what its entries are', () => {
    const sizeOf = (isOf: (log: string) => boolean) =>
      written.filter(({ log }) => isOf(log)).reduce((sum, { body }) => sum + body.length, 0)
    const entries = sizeOf(log => log.endsWith('/x.events-0'))
    const pages = sizeOf(log => log.includes('/page/'))
    assert.ok(pages < 6 * entries, `${pages} bytes of pages, ${entries} of entries`)
  })
  it('holds no more keys than twice those that can matter', () => {
    assert.ok(mostHeld < 2 * keysThatMatter + 2_000, `${mostHeld} held, ${keysThatMatter} can matter`)
  })
  it('is what all records make', async () => {
    const straight = openWindows(plan)
    const offsets = Array.from({ length: batchSize * batchCount }, (_, offset) => offset)
    for (const offset of offsets) straight.applyEvent({ atMs: offset * everyMs, card: `card ${offset}` })
    const stored = (await openFold(store, plan)).fold.windows
    const lastMs = offsets.length * everyMs
    const asked = offsets.slice(-10_000).map(offset => ({ atMs: lastMs, card: `card ${offset}` }))
    assert.deepEqual(asked.map(stored.read), asked.map(straight.read))
  })
})
