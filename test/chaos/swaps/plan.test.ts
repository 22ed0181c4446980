import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ChampionPointer, previousVersion, toPromoted } from '#functions/bundles/registry.ts'
import { makeRandom } from '#models/random.ts'
import { type Change, makePlan } from './plan.ts'

const versions = { champions: ['a', 'b', 'c', 'd'], bad: ['x', 'y', 'z'], shadow: 's', challenger: 't' } as const
const seeds = Array.from({ length: 200 }, (_, seed) => seed)
const countOf = (plan: readonly Change[], kind: Change['kind']) => plan.filter(change => change.kind === kind).length

describe('makePlan', () => {
  it('has 20 promotions, 5 rollbacks and each bad bundle once', () => {
    for (const seed of seeds) {
      const plan = makePlan(versions, makeRandom(seed))
      assert.deepEqual([countOf(plan, 'promote'), countOf(plan, 'roll back')], [20, 5])
      assert.deepEqual(plan.flatMap(change => (change.kind === 'promote bad' ? change.version : [])).sort(), ['x', 'y', 'z'])
    }
  })
  it('promotes what does not serve, and rolls back to what is not bad', () => {
    for (const seed of seeds) {
      let pointer: ChampionPointer = toPromoted(null, { version: 'a', reason: '', nowMs: 0 })
      let serving = 'a'
      for (const change of makePlan(versions, makeRandom(seed))) {
        if (change.kind === 'shadow' || change.kind === 'challenger') continue
        const version = change.kind === 'roll back' ? previousVersion(pointer)! : change.version
        pointer = toPromoted(pointer, { version, reason: '', nowMs: 0 })
        if (change.kind === 'promote bad') continue
        assert.ok(versions.champions.includes(version as 'a'), `${change.kind} ${version}`)
        assert.notEqual(version, serving)
        serving = version
      }
    }
  })
  it('lets the shadow and the challenger come and go, with promotions before, between and after', () => {
    const kinds = makePlan(versions, makeRandom(1)).map(change =>
      change.kind === 'shadow' || change.kind === 'challenger' ? `${change.kind} ${change.version}` : change.kind,
    )
    const order = ['promote', 'shadow s', 'challenger t', 'challenger null', 'shadow null', 'promote']
    let from = 0
    for (const kind of order) {
      const at = kinds.indexOf(kind, from)
      assert.ok(at >= 0, `${kind} must come after ${kinds.slice(0, from).join(', ')}`)
      from = at + 1
    }
  })
  it('is the same for the same seed, and another for another', () => {
    const plan = makePlan(versions, makeRandom(7))
    assert.deepEqual(makePlan(versions, makeRandom(7)), plan)
    assert.notDeepEqual(makePlan(versions, makeRandom(8)), plan)
  })
})
