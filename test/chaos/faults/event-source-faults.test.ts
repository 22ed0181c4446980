import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type DeliveryFault, planFaults, withFaults } from './event-source-faults.ts'

const payload = Buffer.from('{}')

/** A function that notes when it begins and ends, with one fault for its first delivery. */
async function deliver(fault: DeliveryFault | undefined, workMs = 0) {
  const notes: string[] = []
  let runs = 0
  const faults = [fault]
  const faulty = withFaults(
    async () => {
      const run = ++runs
      notes.push(`begin ${run}`)
      await delay(workMs)
      notes.push(`end ${run}`)
      return { ok: true, response: run }
    },
    () => faults.shift(),
  )
  const result = await faulty.invoke('infer', payload)
  await faulty.settle()
  return { result, notes, counts: faulty.counts() }
}

describe('withFaults', () => {
  it('lets a delivery pass that nothing is planned for', async () => {
    assert.deepEqual((await deliver(undefined)).result, { ok: true, response: 1 })
  })
  it('does not run a function that is refused', async () => {
    const { result, notes } = await deliver({ kind: 'refused' })
    assert.deepEqual([result.ok, notes], [false, []])
  })
  it('loses the answer of a function that has run', async () => {
    const { result, notes } = await deliver({ kind: 'unheard' })
    assert.deepEqual([result.ok, notes], [false, ['begin 1', 'end 1']])
  })
  it('runs a function twice and gives the second answer', async () => {
    const { result, notes } = await deliver({ kind: 'twice' })
    assert.deepEqual([result, notes], [{ ok: true, response: 2 }, ['begin 1', 'end 1', 'begin 2', 'end 2']])
  })
  it('asks for the records again, cut elsewhere, after the function has run', async () => {
    const { result, notes, counts } = await deliver({ kind: 'recut', recordCount: 3 })
    assert.deepEqual(result, { ok: false, kind: 'recut', error: 'fault: the records come again, cut elsewhere', recordCount: 3 })
    assert.deepEqual([notes, counts.recut], [['begin 1', 'end 1'], 1])
  })
  it('sends a held-back delivery beside its twin', async () => {
    const { result, notes } = await deliver({ kind: 'beside', holdMs: 0 }, 50)
    assert.deepEqual([result, notes.slice(0, 2)], [{ ok: true, response: 1 }, ['begin 1', 'begin 2']])
    assert.equal(notes.length, 4)
  })
  it('sends a held-back delivery after its twin has ended', async () => {
    const { notes } = await deliver({ kind: 'beside', holdMs: 50 })
    assert.deepEqual(notes, ['begin 1', 'end 1', 'begin 2', 'end 2'])
  })
})

describe('planFaults', () => {
  const ratios = { twice: 0.1, recut: 0.1, beside: 0.1 }
  const draw = (seed: number) => {
    const plan = planFaults({ seed, ratios, holdAtMostMs: 20, recutAtMost: 5 })
    return Array.from({ length: 3_000 }, () => plan('infer', Buffer.alloc(0)))
  }

  it('is the same for the same seed', () => {
    assert.deepEqual(draw(7), draw(7))
    assert.notDeepEqual(draw(7), draw(8))
  })
  it('befalls the share of deliveries that it is told, within its bounds', () => {
    const faults = draw(7)
    for (const kind of ['twice', 'recut', 'beside'] as const) {
      const count = faults.filter(fault => fault?.kind === kind).length
      assert.ok(count > 220 && count < 380, `${count} of 3,000 ${kind}`)
    }
    for (const fault of faults) {
      if (fault?.kind === 'recut') assert.ok(fault.recordCount >= 1 && fault.recordCount <= 5)
      if (fault?.kind === 'beside') assert.ok(fault.holdMs >= 0 && fault.holdMs < 20)
    }
  })
})
