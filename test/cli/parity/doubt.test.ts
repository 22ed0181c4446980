import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeDoubt } from '../../../cli/parity/doubt.ts'
import { flight } from '../../fixtures.ts'
import { historyOf, plan, wantedEvent } from './history-of.ts'

const atMs = flight.departedAtMs
const minuteMs = 60_000
const lagMs = 10_000

/** What is in doubt of an event that arrives as it leaves, and of which a prediction is made so much later. */
function find(histories: ReturnType<typeof historyOf>[], madeAfterMs: number): string[] {
  const own = historyOf('events', [])
  const { aggregates } = makeDoubt(plan, [own, ...histories], lagMs)(own, wantedEvent(atMs), atMs + madeAfterMs)
  return aggregates.map(at => plan.names[at])
}

const labelOf = (arrivedAtMs: number, landedAtMs = atMs - 20 * minuteMs) => historyOf('labels', [{ atMs: landedAtMs, arrivedAtMs }])
const eventOf = (arrivedAtMs: number, partition = 1) => historyOf('events', [{ atMs: arrivedAtMs, arrivedAtMs }], partition)

describe('the doubt about an event', () => {
  it('is of the aggregates that read the key of a label which arrived after the prediction', () => {
    const names = find([labelOf(atMs + 3_000)], 2_000)
    assert.deepEqual(
      names.filter(name => name.endsWith('1h')),
      ['delayOfLeftOrigin1h', 'lateOfLeftOrigin1h', 'delayOfArrivedAtDestination1h', 'lateOfArrivedAtDestination1h'],
    )
  })
  it('is of a label that arrived less than the lag before the prediction, and of no earlier one', () => {
    assert.equal(find([labelOf(atMs + 2_000 - lagMs + 1)], 2_000).length, 12)
    assert.deepEqual(find([labelOf(atMs + 2_000 - lagMs)], 2_000), [])
  })
  it('is of a label that arrived while the event waited for longer than the lag', () => {
    assert.equal(find([labelOf(atMs + 1)], 30 * minuteMs).length, 12)
    assert.deepEqual(find([labelOf(atMs)], 30 * minuteMs), [])
  })
  it('is of no label whose time is after the event, or before its windows', () => {
    assert.deepEqual(find([labelOf(atMs + 5_000, atMs + 1)], 2_000), [])
    assert.deepEqual(find([labelOf(atMs + 5_000, atMs - 7 * 60 * minuteMs)], 2_000), [])
  })
  it('is of events of other partitions that arrived about when it did, up to the prediction', () => {
    const traffic = ['departuresAtOrigin1h', 'boundForDestination3h']
    assert.deepEqual(find([eventOf(atMs - lagMs + 1)], 2_000), traffic)
    assert.deepEqual(find([eventOf(atMs + 2_000)], 2_000), traffic)
    assert.deepEqual(find([eventOf(atMs - lagMs)], 2_000), [])
    assert.deepEqual(find([eventOf(atMs + 2_001)], 2_000), [])
  })
  it('is of what a window had given up by then for newer records', () => {
    const early = atMs - 5 * 60 * minuteMs
    const labels = (newestMs: number) => historyOf('labels', [{ atMs: early }, { atMs: newestMs, arrivedAtMs: atMs - minuteMs }])
    assert.equal(find([labels(atMs + 60 * minuteMs)], 2_000).length, 0)
    assert.equal(find([labels(atMs + 10 * 60 * minuteMs)], 2_000).length, 12)
  })
})
