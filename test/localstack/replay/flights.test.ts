import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toFlight } from '#models/flights.ts'
import { pipeline } from '#models/pipeline.ts'
import { readFlights } from '../../../localstack/replay/flights.ts'
import { collect } from '../../collect.ts'

const row = { date: 978_307_260_000, delay: 33n, distance: 2000n, origin: 'LAS', destination: 'PHL' }

describe('toFlight', () => {
  it('lands after the distance at 500 miles an hour, half an hour and the delay', () => {
    assert.equal(toFlight(0, row).landedAtMs - row.date, (240 + 30 + 33) * 60_000)
  })
  it('never lands before it departs', () => {
    assert.equal(toFlight(0, { ...row, delay: -1116n }).landedAtMs, row.date)
  })
})

describe('readFlights', () => {
  // Golden values: rows 0 and 1 of data/flights-3m.parquet, npm vega-datasets 3.2.1, as DuckDB shows them.
  it('begins with the first departures of 2001', async () => {
    const [first, second] = await collect(readFlights(2))
    assert.deepEqual(first, {
      flightId: 'F0000000',
      departedAtMs: Date.UTC(2001, 0, 1, 0, 1),
      origin: 'LAS',
      destination: 'PHL',
      distanceMiles: 2176,
      landedAtMs: Date.UTC(2001, 0, 1, 0, 1 + 261 + 30 + 33),
      delayMinutes: 33,
    })
    assert.equal(second.flightId, 'F0000001')
  })
  it('gives as many as are asked for, over the borders of row groups, in the order of departure and of ids', async () => {
    let previous = await readFlights(1).next()
    let count = 0
    for await (const flight of readFlights(300_000)) {
      assert.ok(count === 0 || (flight.flightId > previous.value.flightId && flight.departedAtMs >= previous.value.departedAtMs))
      previous = { done: false, value: flight }
      count++
    }
    assert.equal(count, 300_000)
  })
  it('gives none where none is asked for', async () => {
    assert.deepEqual(await collect(readFlights(0)), [])
  })
  it("gives events and labels that the pipeline's definition takes", async () => {
    for await (const flight of readFlights(1_000)) {
      assert.equal(pipeline.parseEvent(flight).ok, true)
      assert.equal(pipeline.parseLabel(flight).ok, true)
    }
  })
})
