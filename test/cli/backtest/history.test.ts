import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pipeline as flights } from '#models/pipeline.ts'
import { readHistory, selectSpan } from '../../../cli/backtest/history.ts'
import { flight, landing } from '../../fixtures.ts'
import { makeSmallRows, smallPipeline, toFileRows } from './small-pipeline.ts'

const sorted = { isSorted: true }
const read = async (pipeline: typeof flights, rows: readonly unknown[], options = sorted) => {
  const history = readHistory(pipeline, toFileRows(rows), options)
  const entries = []
  for await (const entry of history.entries) entries.push(entry)
  return { entries, counts: history.readCounts() }
}
const later = (ms: number, flightId: string) => ({ ...flight, ...landing, flightId, departedAtMs: flight.departedAtMs + ms })

describe('readHistory', () => {
  it('makes an event and its label of each row', async () => {
    const { entries } = await read(flights, [{ ...flight, ...landing }])
    assert.deepEqual(entries, [
      { at: 'row 1', event: flight, atMs: flight.departedAtMs, label: landing, target: 1, labelAtMs: landing.landedAtMs },
    ])
  })
  it('supplies an id and a time where the definition asks for them and the file has none', async () => {
    const { entries } = await read(smallPipeline, makeSmallRows(3))
    assert.deepEqual(
      entries.map(({ event, atMs }) => [event.rowId, atMs]),
      [
        ['0', Date.UTC(2000, 0, 1)],
        ['1', Date.UTC(2000, 0, 1, 0, 0, 1)],
        ['2', Date.UTC(2000, 0, 1, 0, 0, 2)],
      ],
    )
  })
  it("reads other columns by the definition's history", async () => {
    const row = { date: flight.departedAtMs, delay: 40, distance: 2475, origin: 'JFK', destination: 'LAX' }
    const { entries } = await read(flights, [row, { ...row, delay: 3 }])
    assert.deepEqual(
      entries.map(({ event, target }) => [event.flightId, target]),
      [
        ['F0000000', 1],
        ['F0000001', 0],
      ],
    )
  })
  it('counts what the definition refuses, and goes on', async () => {
    const [good] = makeSmallRows(1)
    const { entries, counts } = await read(smallPipeline, [good, { ...good, size: 'large' }, { ...good, isGood: 'maybe' }, 7, good])
    assert.equal(entries.length, 3)
    assert.ok(Number.isNaN(entries[1].target))
    assert.equal(counts.rows, 5)
    assert.equal(
      Object.values(counts.rejected).reduce((sum, count) => sum + count, 0),
      3,
    )
    assert.match(JSON.stringify(counts.rejected), /event size: .*label isGood: /)
  })
  it('leaves out an id that came before', async () => {
    const { entries, counts } = await read(flights, [later(0, 'a'), later(1, 'a'), later(2, 'b')])
    assert.deepEqual(
      entries.map(({ event }) => event.flightId),
      ['a', 'b'],
    )
    assert.deepEqual(counts.rejected, { 'an id that came before': 1 })
  })
  it('leaves an id that came before to the definition where that says which repeats are rejected', async () => {
    const judging = { ...flights, windows: { ...flights.windows!, repeatAt: 0 } }
    const { entries } = await read(judging, [later(0, 'a'), later(1, 'a'), later(2, 'b')])
    assert.equal(entries.length, 3)
  })
  it('checks clocks where a column says when Kafka took the row', async () => {
    const rows = [later(0, 'a'), later(1, 'b'), later(2, 'c')].map((row, at) => ({
      ...row,
      recordedAtMs: row.departedAtMs - (at === 1 ? 2 * 86_400_000 : 0),
    }))
    const { entries, counts } = await read(flights, rows)
    assert.deepEqual(
      entries.map(({ event }) => event.flightId),
      ['a', 'c'],
    )
    assert.match(JSON.stringify(counts.rejected), /event departedAtMs: 172800000 ms after Kafka took the record, at most 900000/)
  })
  it('counts a label on which a function of the definition throws', async () => {
    const throwing = { ...flights, toTarget: () => assert.fail('no such delay') }
    const { entries, counts } = await read(throwing, [later(0, 'a')])
    assert.equal(entries[0].label, undefined)
    assert.deepEqual(counts.rejected, { 'label a function of the definition threw: no such delay': 1 })
  })
  it('keeps a bounded number of reasons', async () => {
    const [good] = makeSmallRows(1)
    const strange = Array.from({ length: 200 }, (_, at) => ({ ...good, size: `x${at}` }))
    const { counts } = await read(smallPipeline, [good, ...strange])
    assert.ok(Object.keys(counts.rejected).length <= 51)
  })
  it('sorts where it is told that rows are not in order', async () => {
    const { entries } = await read(flights, [later(5, 'late'), later(0, 'early')], { isSorted: false })
    assert.deepEqual(
      entries.map(({ event }) => event.flightId),
      ['early', 'late'],
    )
  })
  const refusals: readonly [what: string, rows: readonly unknown[], message: RegExp][] = [
    ['a file without rows', [], /the file has no rows/],
    ['a missing column', [{ size: 1, isGood: 'yes' }], /must have the columns colour, it has size, isGood; name the columns as/],
    ['a file of which every row is refused', [{ size: 'x', colour: 'red', isGood: 'no' }], /refuses every row: event size: .* \(1\)/],
  ]
  for (const [what, rows, message] of refusals) {
    it(`rejects ${what}`, () => assert.rejects(read(smallPipeline, rows), { code: 'FILE_INVALID', message }))
  }
  it('rejects a row that is earlier than the one before it, with its place', async () => {
    await assert.rejects(read(flights, [later(5, 'late'), later(0, 'early')]), { code: 'FILE_INVALID', message: /row 2 is of .* --sort/ })
  })
})

describe('selectSpan', () => {
  it('keeps what lies from the first time up to, not including, the second', async () => {
    const { entries } = readHistory(flights, toFileRows([0, 1, 2, 3].map(ms => later(ms, `f${ms}`))), sorted)
    const ids = []
    const fromMs = flight.departedAtMs + 1
    for await (const { event } of selectSpan(entries, { fromMs, toMs: fromMs + 2 })) ids.push(event.flightId)
    assert.deepEqual(ids, ['f1', 'f2'])
  })
  it('keeps the first ones where a limit is given', async () => {
    const { entries } = readHistory(flights, toFileRows([0, 1, 2].map(ms => later(ms, `f${ms}`))), sorted)
    const ids = []
    for await (const { event } of selectSpan(entries, { limit: 2 })) ids.push(event.flightId)
    assert.deepEqual(ids, ['f0', 'f1'])
  })
})
