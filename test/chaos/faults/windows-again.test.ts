import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryState } from '#functions/adapters/memory-state.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { flight, landing } from '../../fixtures.ts'
import { compareWindows, readStateWindows, recomputeWindows } from './windows-again.ts'

const plan = pipeline.windows!
const minuteMs = 60_000
const events = Array.from({ length: 20 }, (_, offset) =>
  makeRecord(
    { ...flight, flightId: `f${offset}`, departedAtMs: flight.departedAtMs + offset * minuteMs },
    { topic: 'flights.events', offset, recordedAtMs: flight.departedAtMs },
  ),
)
const labels = Array.from({ length: 20 }, (_, offset) =>
  makeRecord(
    { ...landing, flightId: `f${offset}`, landedAtMs: flight.departedAtMs + offset * minuteMs, delayMinutes: offset },
    { topic: 'flights.labels', offset, recordedAtMs: flight.departedAtMs },
  ),
)

/** Runs preprocess over batches; gives the windows of its state. */
async function run(...batches: (readonly (typeof events)[number][])[]) {
  const store = memoryState()
  const step = makePreprocess({ pipeline, send: async () => {}, state: makeWindowState({ plan, store, nowMs: () => 0, snapshotEvery: 2 }) })
  for (const batch of batches) await step(batch)
  return readStateWindows(store, plan)
}

describe('windows of the state and of the archive', () => {
  it('are equal after batches that came again and were cut elsewhere', async () => {
    const { fromLogs, fromSnapshot } = await run(
      events.slice(0, 12),
      labels.slice(0, 5),
      events.slice(0, 12),
      labels,
      events.slice(3),
      labels.slice(2, 9),
    )
    const wanted = recomputeWindows(pipeline, plan, [...labels, makeRecord('broken', { topic: 'flights.events' }), ...events])
    assert.deepEqual(compareWindows(fromLogs, wanted), [])
    assert.deepEqual(compareWindows(fromSnapshot, wanted), [])
  })
  it('differ by one label that was counted twice or not at all', async () => {
    const { fromLogs } = await run(events, labels)
    assert.notDeepEqual(compareWindows(fromLogs, recomputeWindows(pipeline, plan, [...events, ...labels, labels[7]])), [])
    assert.notDeepEqual(compareWindows(fromLogs, recomputeWindows(pipeline, plan, [...events, ...labels.slice(1)])), [])
  })
})
