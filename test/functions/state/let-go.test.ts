import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyFold, type Fold } from '#functions/state/fold.ts'
import { makeLetGo } from '#functions/state/let-go.ts'
import { checkAggregates, checkLateness } from '#models/windows/check.ts'
import { planWindows } from '#models/windows/plan.ts'

const sources = ['events', 'labels'].map(name => ({ name, timeOf: (row: object) => (row as { atMs: number }).atMs }))
const by = (row: { card: string }) => row.card
const plan = planWindows(
  checkAggregates({ count: { over: 'events', by, stat: 'count', windowMs: 1_000 } } as never, ['events', 'labels']),
  sources,
  checkLateness(),
)
const cards = Array.from({ length: 100 }, (_, at) => `card ${at}`)

function openFold(): Fold {
  const fold = emptyFold(plan)
  for (const card of cards) fold.windows.applyEvent({ atMs: 0, card })
  return fold
}

describe('makeLetGo', () => {
  it('leaves windows alone that take no more than they may', () => {
    const fold = openFold()
    makeLetGo(1_000_000)(fold)
    assert.equal(fold.held, undefined)
    assert.equal(fold.windows.keyCount(), 100)
  })
  it('lets go of the keys that were asked for longest ago', () => {
    const fold = openFold()
    fold.held = new Map(cards.map((card, at) => [card, at < 50 ? 2 : 1]))
    makeLetGo(30_000)(fold)
    const kept = [...fold.windows.rings(0).keys()]
    assert.ok(kept.length > 10 && kept.length < 50, `${kept.length} kept`)
    assert.deepEqual(kept, cards.slice(50 - kept.length, 50))
    assert.deepEqual([...fold.held.keys()], kept)
  })
  it('lets go of keys of which nothing ever came', () => {
    const fold: Fold = { ...emptyFold(plan), held: new Map() }
    const letGo = makeLetGo(10_000)
    for (let batch = 1; batch <= 200; batch++) {
      for (let at = 0; at < 10; at++) fold.held!.set(`never ${batch} ${at}`, batch)
      letGo(fold)
    }
    assert.ok(fold.held!.size < 300, `${fold.held!.size} held`)
  })
})
