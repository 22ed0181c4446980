import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Flight } from '#models/flights.ts'
import { merge } from '../../../localstack/replay/merge.ts'
import { collect } from '../../collect.ts'

const toFlights = (times: readonly (readonly [departedAtMs: number, minutes: number])[]): Flight[] =>
  times
    .toSorted(([a], [b]) => a - b)
    .map(([departedAtMs, minutes], at) => ({
      flightId: `F${String(at).padStart(7, '0')}`,
      departedAtMs,
      origin: 'LAS',
      destination: 'PHL',
      distanceMiles: 2176,
      landedAtMs: departedAtMs + minutes,
      delayMinutes: 3,
    }))
const anyFlights = fc.array(fc.tuple(fc.nat(50), fc.nat(20)), { maxLength: 60 }).map(toFlights)
const merged = (flights: readonly Flight[]) => collect(merge(flights))
const idsOf = async (flights: readonly Flight[]) => (await merged(flights)).map(({ kind, key }) => `${kind} ${key.at(-1)}`)

describe('merge', () => {
  it('gives one event and one label a flight, whatever the times', async () => {
    const check = async (flights: readonly Flight[]) => {
      const records = await merged(flights)
      assert.equal(records.length, 2 * flights.length)
      assert.equal(new Set(records.map(({ kind, key }) => kind + key)).size, records.length)
    }
    await fc.assert(fc.asyncProperty(anyFlights, check))
  })
  it('never goes back in time', async () => {
    const check = async (flights: readonly Flight[]) => {
      const times = (await merged(flights)).map(({ atMs }) => atMs)
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
    }
    await fc.assert(fc.asyncProperty(anyFlights, check))
  })
  it('never gives a label before its event', async () => {
    const check = async (flights: readonly Flight[]) => {
      const begun = new Set<string>()
      for (const { kind, key } of await merged(flights)) {
        if (kind === 'event') begun.add(key)
        else assert.ok(begun.has(key), key)
      }
    }
    await fc.assert(fc.asyncProperty(anyFlights, check))
  })
  it('puts events before labels of the same millisecond, and labels in the order of their ids', async () => {
    const flights = toFlights([
      [0, 10],
      [4, 6],
      [10, 0],
    ])
    assert.deepEqual(await idsOf(flights), ['event 0', 'event 1', 'event 2', 'label 0', 'label 1', 'label 2'])
  })
  it('gives a label as soon as it is due, ahead of later departures', async () => {
    const flights = toFlights([
      [0, 9],
      [5, 1],
      [10, 1],
    ])
    assert.deepEqual(await idsOf(flights), ['event 0', 'event 1', 'label 1', 'label 0', 'event 2', 'label 2'])
  })
  it('tells in an event only what is known at departure', async () => {
    const [event, label] = await merged(toFlights([[7, 2]]))
    assert.deepEqual(JSON.parse(event.value as string), {
      flightId: 'F0000000',
      departedAtMs: 7,
      origin: 'LAS',
      destination: 'PHL',
      distanceMiles: 2176,
    })
    assert.deepEqual(JSON.parse(label.value as string), {
      flightId: 'F0000000',
      landedAtMs: 9,
      origin: 'LAS',
      destination: 'PHL',
      delayMinutes: 3,
    })
  })
  it('rejects flights that are out of order', async () => {
    const [first, second] = toFlights([
      [0, 1],
      [5, 1],
    ])
    await assert.rejects(merged([second, first]), /flights must be in order, F0000000 is late/)
  })
})
