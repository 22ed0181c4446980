import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mappingDefaults } from '../../../localstack/event-source/mappings.ts'
import { placeGroup, type StartingPorts } from '../../../localstack/event-source/starting-position.ts'

const base = { ...mappingDefaults, logicalId: 'Orders', functionName: 'orders', topic: 't', groupId: 'g' }

/** Puts a group with these committed offsets to a start time; gives what was set. */
async function place(committed: readonly string[], startsAt: 'AT_TIMESTAMP' | 'LATEST') {
  const set: unknown[] = []
  const admin: StartingPorts = {
    fetchOffsets: async () => [{ topic: 't', partitions: committed.map((offset, partition) => ({ partition, offset, metadata: null })) }],
    fetchTopicOffsetsByTimestamp: async (_, timestamp) => committed.map((_, partition) => ({ partition, offset: String(timestamp) })),
    setOffsets: async ({ partitions }) => void set.push(...partitions.map(({ partition, offset }) => `${partition} ${offset}`)),
  }
  await placeGroup(admin, { ...base, startsAt, startsAtMs: startsAt === 'AT_TIMESTAMP' ? 1_000 : undefined })
  return set
}

describe('placeGroup', () => {
  it('places partitions without an offset at the time, and leaves the others', async () => {
    assert.deepEqual(await place(['-1', '7', '-1'], 'AT_TIMESTAMP'), ['0 1000', '2 1000'])
  })
  it('does nothing where every partition has an offset', async () => {
    assert.deepEqual(await place(['3', '7'], 'AT_TIMESTAMP'), [])
  })
  it('leaves the other positions to Kafka', async () => {
    assert.deepEqual(await place(['-1'], 'LATEST'), [])
  })
})
