import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toBatchResponse, toRecords } from '#functions/adapters/kafka-event.ts'
import { makeDeliver } from '#functions/deliver/deliver.ts'
import type { PredictionRow } from '#functions/ports.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRandom } from '#models/random.ts'
import type { Invoke } from '../../../localstack/event-source/invoke.ts'
import { planFaults, withFaults } from '../../chaos/faults/event-source-faults.ts'
import { makePrediction } from '../../fixtures.ts'
import { settle, startMemoryDelivery } from '../../memory-delivery.ts'
import { memoryWaiting } from '../../memory-waiting.ts'

const partitions = [0, 1, 2].map(partition =>
  Array.from({ length: 200 }, (_, row) => ({
    offset: String(row),
    timestamp: '1',
    key: null,
    value: Buffer.from(JSON.stringify(makePrediction({ id: `${partition}-${row}` }))),
  })),
)

describe('the deliver step behind a faulty event source and a table that refuses one row in ten', () => {
  for (const reading of ['from lowest', 'listed only'] as const) {
    it(`writes every prediction, reading ${reading}`, async () => {
      const random = makeRandom(7)
      const rows = new Map<string, PredictionRow>()
      const step = makeDeliver({
        pipeline,
        notify: async () => ({ refusedCount: 0 }),
        send: async () => {},
        waiting: memoryWaiting(),
        nowMs: () => 0,
        table: {
          write: async given => {
            const refused = new Set(given.filter(() => random() < 0.1).map(({ id }) => id))
            for (const row of given) if (!refused.has(row.id)) rows.set(row.id, row)
            return refused
          },
          read: async () => new Map(),
          peek: async () => new Map(),
        },
      })
      const invoke: Invoke = async (_, payload) => {
        const { failed = [] } = await step(toRecords(JSON.parse(String(payload))))
        return { ok: true, response: toBatchResponse(failed) }
      }
      const ratios = { refused: 0.05, unheard: 0.05, twice: 0.05, recut: 0.05, beside: 0.05 }
      const faulty = withFaults(invoke, planFaults({ seed: 7, ratios, holdAtMostMs: 20, recutAtMost: 30 }))
      const mapping = { batchSize: 20, windowMs: 0, reportsItemFailures: true }
      const delivery = await startMemoryDelivery({ mapping, partitions, reading, invoke: faulty.invoke })
      await settle(delivery)
      await faulty.settle()
      assert.equal(rows.size, 600)
      assert.deepEqual(delivery.committed, [200, 200, 200])
      for (const [kind, count] of Object.entries(faulty.counts())) assert.ok(count > 0, `no delivery was ${kind}`)
    })
  }
})
