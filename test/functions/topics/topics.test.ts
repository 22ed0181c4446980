import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Topic, TopicAdmin, TopicPlan } from '#functions/ports.ts'
import { makeTopics } from '#functions/topics/topics.ts'

/** A cluster that keeps its topics in memory, and counts what it is asked to change. */
function makeCluster(
  topics: Readonly<Record<string, Topic>>,
): TopicAdmin & { readonly topics: Map<string, Topic>; readonly changes: string[] } {
  const present = new Map(Object.entries(topics))
  const changes: string[] = []
  const change = (name: string, part: Partial<Topic>) => present.set(name, { ...present.get(name)!, ...part })
  return {
    topics: present,
    changes,
    read: async names => new Map([...present].filter(([name]) => names.includes(name))),
    create: async plans => {
      changes.push('create')
      for (const { name, partitionCount, configs } of plans) present.set(name, { partitionCount, configs })
    },
    addPartitions: async (name, partitionCount) => {
      changes.push('addPartitions')
      change(name, { partitionCount })
    },
    configure: async (name, configs) => {
      changes.push('configure')
      change(name, { configs })
    },
  }
}

const plan = (part: Partial<TopicPlan> = {}): TopicPlan => ({
  name: 'flights.events',
  partitionCount: 6,
  replicaCount: 3,
  configs: { 'retention.ms': '1000' },
  ...part,
})

describe('makeTopics', () => {
  it('creates what is missing', async () => {
    const cluster = makeCluster({})
    const changes = await makeTopics(cluster, [plan(), plan({ name: 'flights.labels' })])
    assert.deepEqual(changes, { created: ['flights.events', 'flights.labels'], grown: [], configured: [], larger: [] })
    assert.deepEqual(cluster.topics.get('flights.labels'), { partitionCount: 6, configs: { 'retention.ms': '1000' } })
  })
  it('changes nothing the second time', async () => {
    const cluster = makeCluster({})
    await makeTopics(cluster, [plan()])
    assert.deepEqual(await makeTopics(cluster, [plan()]), { created: [], grown: [], configured: [], larger: [] })
    assert.deepEqual(cluster.changes, ['create'])
  })
  it('adds partitions that are missing', async () => {
    const cluster = makeCluster({ 'flights.events': { partitionCount: 3, configs: { 'retention.ms': '1000' } } })
    assert.deepEqual((await makeTopics(cluster, [plan()])).grown, ['flights.events'])
    assert.equal(cluster.topics.get('flights.events')?.partitionCount, 6)
  })
  it('takes no partition away, and says so', async () => {
    const cluster = makeCluster({ 'flights.events': { partitionCount: 12, configs: { 'retention.ms': '1000' } } })
    assert.deepEqual((await makeTopics(cluster, [plan()])).larger, ['flights.events'])
    assert.deepEqual(cluster.changes, [])
  })
  it('sets what differs and keeps what the plan does not name', async () => {
    const cluster = makeCluster({ 'flights.events': { partitionCount: 6, configs: { 'retention.ms': '5', 'segment.ms': '7' } } })
    assert.deepEqual((await makeTopics(cluster, [plan()])).configured, ['flights.events'])
    assert.deepEqual(cluster.topics.get('flights.events')?.configs, { 'retention.ms': '1000', 'segment.ms': '7' })
  })
  it('rejects what is no plan', async () => {
    await assert.rejects(makeTopics(makeCluster({}), [plan({ partitionCount: 0 })]), {
      code: 'ARGUMENT_INVALID',
      message: /^topics must be plans of the stack; 0.partitionCount: .*; change it in cdk\/topics.ts$/,
    })
  })
})
