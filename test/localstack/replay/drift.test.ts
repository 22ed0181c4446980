import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pipeline } from '#models/pipeline.ts'
import { turnLabels } from '../../../localstack/replay/drift.ts'
import { readFlights } from '../../../localstack/replay/flights.ts'
import { collect } from '../../collect.ts'

const rowCount = 3_000
const flights = await collect(readFlights(rowCount))
const turnedFrom = async (fromRow: number, rows: readonly (typeof flights)[number][] = flights) => {
  const drifting = turnLabels(rows, fromRow)
  return { turned: await collect(drifting.flights), changedAtMs: drifting.changedAtMs() }
}
const isLate = (flight: unknown) => {
  const label = pipeline.parseLabel(flight)
  assert.ok(label.ok)
  return pipeline.toTarget(label.value) === 1
}

describe('turnLabels', () => {
  it('turns every label from the change on, and none before', async () => {
    const { turned, changedAtMs } = await turnedFrom(1_500)
    assert.equal(turned.length, rowCount)
    turned.forEach((flight, row) => {
      assert.equal(isLate(flight), isLate(flights[row]) !== flight.departedAtMs >= changedAtMs!, flight.flightId)
    })
  })
  it('begins with the first flight at or after the row that departs later than the one before', async () => {
    const { turned, changedAtMs } = await turnedFrom(1_500)
    const first = turned.findIndex((flight, row) => flight !== flights[row])
    assert.ok(first >= 1_500 && first < 1_560, `${first}`)
    assert.equal(turned[first].departedAtMs, changedAtMs)
    assert.ok(flights[first - 1].departedAtMs < changedAtMs!)
    assert.ok(flights.slice(1_500, first).every(({ departedAtMs }) => departedAtMs === flights[1_499].departedAtMs))
  })
  it('changes nothing but the delay: labels come when they came', async () => {
    const { turned } = await turnedFrom(0)
    assert.deepEqual(
      turned.map(({ delayMinutes: _, ...rest }) => rest),
      flights.map(({ delayMinutes: _, ...rest }) => rest),
    )
  })
  it('mirrors a delay at 15.5 minutes, and says no less than a label may', async () => {
    const delays = [-1_116, -5, 0, 15, 16, 33, 1_688]
    const { turned } = await turnedFrom(
      0,
      delays.map((delayMinutes, at) => ({ ...flights[at], delayMinutes })),
    )
    assert.deepEqual(
      turned.map(({ delayMinutes }) => delayMinutes),
      [1_147, 36, 31, 16, 15, -2, -1_440],
    )
    for (const flight of turned) assert.equal(pipeline.parseLabel(flight).ok, true)
  })
  it('gives the flights themselves where the row is never reached, and no time', async () => {
    assert.deepEqual(await turnedFrom(rowCount), { turned: flights, changedAtMs: null })
  })
  it('leaves the flights that it is given unchanged, and gives the same again', async () => {
    const copy = structuredClone(flights)
    assert.deepEqual(await turnedFrom(10), await turnedFrom(10))
    assert.deepEqual(flights, copy)
  })
})
