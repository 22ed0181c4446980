import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pipeline } from '#models/pipeline.ts'
import { recomputeExactly } from '../../../cli/parity/recompute-exact.ts'
import type { SeenEntry, StateLog } from '../../../cli/parity/state-log.ts'
import { flight } from '../../fixtures.ts'
import { historyOf, plan, wantedEvent } from './history-of.ts'

const atMs = flight.departedAtMs
const minuteMs = 60_000
const labels = historyOf('labels', [{ atMs: atMs - 20 * minuteMs }, { atMs: atMs - 15 * minuteMs }, { atMs: atMs - 10 * minuteMs }])
const place = pipeline.features.findIndex(({ name }) => name === 'delayOfLeftOrigin1h')

/** One event for each entry; whether its window held a label, by outcome. */
async function recompute(seen: readonly (number | undefined)[], histories = [labels]) {
  const records = seen.map((_, offset) => ({ ...wantedEvent(atMs), offset }))
  const log: StateLog = {
    async *entriesOf() {
      for (const [offset, last] of seen.entries()) {
        const entry = { firstOffset: offset, lastOffset: offset }
        yield { ...entry, seen: last === undefined ? undefined : new Map([[labels.source, last]]) } satisfies SeenEntry
      }
    },
  }
  const outcomes: unknown[] = []
  const own = { ...historyOf('events', []), records }
  for await (const made of recomputeExactly({ pipeline, plan, histories: [own, ...histories], log })) {
    outcomes.push(made.outcome === 'made' ? made.features[place] : made.outcome)
  }
  return outcomes
}

describe('recomputeExactly', () => {
  it('counts the labels that each entry had seen, also where a later one had seen fewer', async () => {
    assert.deepEqual(await recompute([-1, 2, -1, 0]), [null, 40, null, 40])
  })
  it('makes nothing where it is not known what was seen, or where the archive does not hold it', async () => {
    assert.deepEqual(await recompute([1, undefined, 3, 2]), [40, 'forgotten', 'notArchived', 40])
  })
  it('takes a record from before all that is archived as out of reach', async () => {
    const later = { ...labels, records: labels.records.map(record => ({ ...record, offset: record.offset + 10 })) }
    assert.deepEqual(await recompute([4, 10], [later]), [null, 40])
  })
})
