import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { makeArchive } from '#functions/archive/archive.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import { pipeline } from '#models/examples/payments.ts'
import { makeArchiveReader } from '../../../cli/replay/archive-reader.ts'
import { makeWindowFeed } from '../../../cli/replay/window-feed.ts'
import { makeRecord } from '../../checks/step-checks.ts'

const dayMs = 86_400_000
const fromMs = Date.UTC(2026, 10, 2, 9)
const span = { fromMs, toMs: fromMs + 3_600_000 }

/** Offsets of what feeds windows, by topic, in the order in which it is given. */
async function feed(records: readonly KafkaRecord[]): Promise<string[]> {
  const store = memoryStore()
  const archive = makeArchive({ pipeline, store, encode: encodeParquet })
  for (const record of records) await archive([record])
  const fed: string[] = []
  const { recordsUntil } = await makeWindowFeed(makeArchiveReader(store), pipeline, span)
  for await (const part of recordsUntil(span.toMs)) fed.push(...part.map(({ topic, offset }) => `${topic} ${offset}`))
  return fed
}

const of = (input: string, offset: number, recordedAtMs: number) => makeRecord({}, { topic: `payments.${input}`, offset, recordedAtMs })

describe('the feed of windows', () => {
  it('holds all rows of a table, of streams as far as windows reach, and no event of the slice', async () => {
    const fed = await feed([
      of('limits', 0, fromMs - 400 * dayMs),
      of('limits', 1, fromMs + 1),
      of('logins', 0, fromMs - 400 * dayMs),
      of('logins', 1, fromMs - 60_000),
      of('events', 0, fromMs - 2),
      of('events', 1, fromMs),
    ])
    assert.deepEqual(fed, ['payments.limits 0', 'payments.logins 1', 'payments.events 0', 'payments.limits 1'])
  })
})
