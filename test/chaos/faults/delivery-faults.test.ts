import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InvokeResult } from '../../../localstack/event-source/outcome.ts'
import { countRecords, makeDeliveryFaults } from './delivery-faults.ts'
import { makeFaultTally } from './tally.ts'

const payload = Buffer.from(JSON.stringify({ records: { 'e-0': [{ offset: 1 }, { offset: 2 }, { offset: 3 }] } }))
const ok: InvokeResult = { ok: true, response: null }

function open(kill: (functionName: string) => number = () => 0, answers: readonly InvokeResult[] = [ok]) {
  const tally = makeFaultTally()
  const invoked: string[] = []
  const faults = makeDeliveryFaults(
    async name => {
      const answer = answers[invoked.length] ?? ok
      invoked.push(name)
      await new Promise(resolve => setTimeout(resolve, 80))
      return answer
    },
    tally,
    { kill, random: () => 0.25 }, // above the share of those that are not first
  )
  return { tally, invoked, faults }
}

describe('makeDeliveryFaults', () => {
  it('lets deliveries pass while nothing is on', async () => {
    const { faults, invoked, tally } = open()
    assert.equal(await faults.invoke('f', payload), ok)
    assert.deepEqual(invoked, ['f'])
    assert.equal(tally.read().twice.records, 0)
  })
  it('hits the first delivery of every function', async () => {
    const { faults, invoked, tally } = open()
    tally.begin('twice')
    for (const name of ['f', 'f', 'g']) await faults.invoke(name, payload)
    assert.deepEqual(invoked, ['f', 'f', 'f', 'g', 'g'])
    assert.deepEqual(tally.read().twice, { injected: 2, records: 6, retries: 0 })
  })
  it('hits the first delivery of every topic of a function', async () => {
    const { faults, invoked, tally } = open()
    tally.begin('twice')
    const other = Buffer.from(JSON.stringify({ records: { 'labels-12': [{ offset: 1 }] } }))
    for (const batch of [payload, other, payload, other]) await faults.invoke('f', batch)
    assert.equal(invoked.length, 6)
    assert.deepEqual(tally.read().twice, { injected: 2, records: 4, retries: 0 })
  })
  it('has records come again cut elsewhere', async () => {
    const { faults, tally } = open()
    tally.begin('recut')
    const result = await faults.invoke('f', payload)
    assert.ok(!result.ok && result.kind === 'recut')
    assert.ok(result.recordCount >= 1)
    assert.deepEqual(tally.read().recut, { injected: 1, records: 3, retries: 1 })
  })
  it('lets a function that was killed four times in an incident go on', async () => {
    const killed: string[] = []
    const died: InvokeResult = { ok: false, kind: 'function', error: 'Worker process died' }
    const { faults, tally } = open(name => killed.push(name), Array(20).fill(died))
    tally.begin('killed')
    for (let topic = 0; topic < 10; topic++) await faults.invoke('f', Buffer.from(`{"records":{"t${topic}-0":[{"offset":1}]}}`))
    assert.deepEqual(killed, ['f', 'f', 'f', 'f'])
    tally.end()
    tally.begin('killed')
    await faults.invoke('f', payload)
    assert.equal(killed.length, 5)
  })
  it('counts a kill that made the invocation fail', async () => {
    const killed: string[] = []
    const died: InvokeResult = { ok: false, kind: 'function', error: 'Worker process died' }
    const { faults, tally } = open(name => killed.push(name), [died])
    tally.begin('killed')
    assert.equal(await faults.invoke('f', payload), died)
    assert.deepEqual(killed, ['f'])
    assert.deepEqual(tally.read().killed, { injected: 1, records: 3, retries: 1 })
  })
  it('does not count a kill that came too late, and tries the function again', async () => {
    const { faults, tally } = open(() => 1)
    tally.begin('killed')
    await faults.invoke('f', payload)
    assert.equal(tally.read().killed.injected, 0)
  })
  it('counts what is delivered while an outage is on, and only to the functions that it concerns', async () => {
    const failed: InvokeResult = { ok: false, kind: 'function', error: 'SlowDown' }
    const { faults, tally } = open(undefined, [failed, failed])
    tally.begin('diskFull')
    await faults.invoke('FlightsArchive', payload)
    await faults.invoke('FlightsInfer', payload)
    assert.deepEqual(tally.read().diskFull, { injected: 0, records: 3, retries: 1 })
  })
  it('knows the records that are under way', async () => {
    const { faults } = open()
    const invoking = faults.invoke('f', payload)
    assert.equal(faults.recordsInFlight(), 3)
    await invoking
    assert.equal(faults.recordsInFlight(), 0)
  })
})

describe('countRecords', () => {
  it('counts the records of a payload', () => {
    assert.equal(countRecords(payload), 3)
  })
})
