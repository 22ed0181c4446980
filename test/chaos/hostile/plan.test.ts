import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeRandom } from '#models/random.ts'
import { hostileKinds } from './kinds.ts'
import { planRecords } from './plan.ts'
import { event, rejected } from './records.ts'

const kinds = { often: rejected(at => event(`${at}`)), large: rejected(at => event(`${at}`), 2), other: rejected(at => event(`${at}`)) }
const countOf = (planned: ReturnType<typeof planRecords>, name: string) => planned.filter(({ kind }) => kind === name).length

describe('planRecords', () => {
  it('has all kinds equally often, large ones no more often than they allow', () => {
    const planned = planRecords(kinds, { count: 100, random: makeRandom(1) })
    assert.deepEqual(
      ['often', 'large', 'other'].map(name => countOf(planned, name)),
      [49, 2, 49],
    )
  })
  it('numbers the records as they come, each made with its own number', () => {
    const planned = planRecords(kinds, { count: 10, random: makeRandom(1) })
    assert.deepEqual(
      planned.map(({ record }) => record.value),
      planned.map((_, at) => `${at}`),
    )
  })
  it('repeats a seed, and differs with another', () => {
    const of = (seed: number) => planRecords(kinds, { count: 50, random: makeRandom(seed) }).map(({ kind }) => kind)
    assert.deepEqual(of(1), of(1))
    assert.notDeepEqual(of(1), of(2))
  })
  it('ends where no kind may come once more', () => {
    assert.equal(planRecords({ large: kinds.large }, { count: 10, random: makeRandom(1) }).length, 2)
  })
})

describe('hostileKinds', () => {
  it('are at least 40, and each makes a record for any number', () => {
    assert.ok(Object.keys(hostileKinds).length >= 40)
    for (const [name, { make }] of Object.entries(hostileKinds)) for (const at of [0, 1, 999]) assert.ok(make(at).topic, name)
  })
  it('have ids of their own, but for those that are meant to be the same', () => {
    const idOf = (name: string, at: number) => /"flightId":"(H\d+)/.exec(String(hostileKinds[name].make(at).value))?.[1]
    for (const name of Object.keys(hostileKinds)) if (idOf(name, 7)) assert.equal(idOf(name, 7), 'H7', name)
  })
})
