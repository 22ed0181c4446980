import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Gap } from '#functions/adapters/kafka-lag.ts'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { changePointer, toChallenged, toPromoted, toShadowed, writeBundle } from '#functions/bundles/registry.ts'
import { readTopics } from '../../../cli/status/cluster.ts'
import { readTemplate } from '../../../cli/status/deployment.ts'
import { toTrend, watchLag } from '../../../cli/status/lag.ts'
import { readModels } from '../../../cli/status/models.ts'
import { readSchedules } from '../../../cli/status/schedules.ts'
import { readSection } from '../../../cli/status/section.ts'
import { findProblems, type Status } from '../../../cli/status/status.ts'
import { toStatusText } from '../../../cli/status/text.ts'
import { makeBundle } from '../../make-bundle.ts'

const well: Status = {
  pipeline: 'flights',
  stack: 'Millrace-flights',
  readAtMs: 0,
  cluster: { ok: true, value: { name: 'demo', kind: 'provisioned', state: 'ACTIVE', kafkaVersion: '4.1.x', brokers: ['b-1:9098'] } },
  topics: { ok: true, value: [{ topic: 'flights.events', partitionCount: 2, behindCount: 0, recordCount: 1_200 }] },
  lag: { ok: true, value: [{ step: 'infer', topic: 'flights.features', group: 'g', lag: 12_000, arrived: 50, trend: 'keeping up' }] },
  models: { ok: true, value: { serving: [], lastRetrain: null, problem: null } },
  windows: { ok: true, value: { kind: 'warming', wholeFromMs: 0 } },
  schedules: { ok: true, value: [{ step: 'retrain', name: 's', state: 'ENABLED', expression: 'rate(1 day)' }] },
  alarms: { ok: true, value: [] },
}
const broken = { ok: false, reason: 'no answer within 20 s' } as const

describe('findProblems', () => {
  it('finds nothing wrong with a young pipeline that keeps up', () => {
    assert.deepEqual(findProblems(well), [])
  })
  for (const [what, changes, problem] of [
    ['a part that cannot be read', { schedules: broken }, 'schedules cannot be read: no answer within 20 s'],
    [
      'a cluster that does not serve',
      { cluster: { ok: true, value: { name: 'demo', kind: 'provisioned', state: 'FAILED', kafkaVersion: null, brokers: [] } } },
      'the cluster is FAILED',
    ],
    [
      'a topic that is not there',
      { topics: { ok: true, value: [{ topic: 't', partitionCount: 0, behindCount: 0, recordCount: 0 }] } },
      'topic t is not there',
    ],
    [
      'copies that are behind',
      { topics: { ok: true, value: [{ topic: 't', partitionCount: 4, behindCount: 2, recordCount: 0 }] } },
      'topic t has 2 partitions whose copies are behind',
    ],
    [
      'a lag that grows',
      { lag: { ok: true, value: [{ step: 'infer', topic: 't', group: 'g', lag: 9, arrived: 9, trend: 'growing' }] } },
      'infer is 9 records behind on t, growing',
    ],
    [
      'one record that waits',
      { lag: { ok: true, value: [{ step: 'infer', topic: 't', group: 'g', lag: 1, arrived: 0, trend: 'stalled' }] } },
      'infer is 1 record behind on t, stalled',
    ],
    [
      'a rebuild that died',
      { windows: { ok: true, value: { kind: 'unfinished', wholeFromMs: null } } },
      'windows are not whole: a rebuild did not come to its end',
    ],
    [
      'a pointer that cannot be read',
      { models: { ok: true, value: { serving: [], lastRetrain: null, problem: 'cut' } } },
      'no champion can be read: cut',
    ],
    [
      'a broken champion',
      {
        models: {
          ok: true,
          value: {
            serving: [{ role: 'champion', version: 'v1', sinceMs: 0, share: null, problem: 'gone' }],
            lastRetrain: null,
            problem: null,
          },
        },
      },
      'champion v1 is broken: gone',
    ],
    ['an alarm', { alarms: { ok: true, value: [{ name: 'Lag', sinceMs: 0, reason: 'above 1000' }] } }, 'alarm Lag: above 1000'],
  ] as const) {
    it(`names ${what}`, () => {
      assert.deepEqual(findProblems({ ...well, ...changes } as Status), [problem])
    })
  }
})

describe('toTrend', () => {
  for (const [trend, before, now] of [
    ['none', { lag: 50, written: 100 }, { lag: 0, written: 150 }],
    ['keeping up', { lag: 0, written: 100 }, { lag: 40, written: 200 }],
    ['keeping up', { lag: 90, written: 100 }, { lag: 60, written: 100 }],
    ['keeping up', { lag: 10, written: 100 }, { lag: 50, written: 200 }],
    ['growing', { lag: 10, written: 100 }, { lag: 90, written: 200 }],
    ['stalled', { lag: 10, written: 100 }, { lag: 10, written: 100 }],
    ['stalled', { lag: 10, written: 100 }, { lag: 110, written: 200 }],
  ] as const) {
    it(`is ${trend} from ${JSON.stringify(before)} to ${JSON.stringify(now)}`, () => {
      assert.equal(toTrend(before, now), trend)
    })
  }
})

describe('watchLag', () => {
  const reads = [{ step: 'infer', topic: 't', group: 'g' }]
  const countRecords = async (_topic: string, { low, high }: Gap) => high - low
  /** Partitions that are as they are: each ends at `high` and was read up to `committed`. */
  const standing = (...partitions: { committed: number; high: number }[]) => ({
    fetchOffsets: async () => [
      { topic: 't', partitions: partitions.map(({ committed }, partition) => ({ partition, offset: `${committed}`, metadata: null })) },
    ],
    fetchTopicOffsets: async () => partitions.map(({ high }, partition) => ({ partition, offset: `${high}`, low: '0', high: `${high}` })),
  })
  it('takes the mark of a transaction for no record', async () => {
    const looked: Gap[] = []
    const countNone = async (_topic: string, gap: Gap) => looked.push(gap) * 0
    const [{ lag, trend }] = await watchLag(standing({ committed: 760, high: 761 }), reads, { watchMs: 1, countRecords: countNone })
    assert.deepEqual([lag, trend], [0, 'none'])
    assert.deepEqual(looked, [{ partition: 0, low: 760, high: 761 }])
  })
  it('still sees the partition that is stalled beside one with a mark', async () => {
    const admin = standing({ committed: 760, high: 761 }, { committed: 5, high: 9 })
    const counted = async (_topic: string, { partition }: Gap) => (partition === 0 ? 0 : 4)
    assert.deepEqual(await watchLag(admin, reads, { watchMs: 1, countRecords: counted }), [
      { ...reads[0], lag: 4, arrived: 0, trend: 'stalled' },
    ])
  })
  it('keeps the offsets of a gap that cannot be read, and of one that is long', async () => {
    const refusing = async () => Promise.reject(new Error('not allowed'))
    assert.equal((await watchLag(standing({ committed: 0, high: 3 }), reads, { watchMs: 1, countRecords: refusing }))[0].lag, 3)
    const none = async () => 0
    assert.equal((await watchLag(standing({ committed: 0, high: 5_000 }), reads, { watchMs: 1, countRecords: none }))[0].lag, 5_000)
  })
  it('compares two looks', async () => {
    const highs = [100, 200]
    const admin = {
      fetchOffsets: async () => [{ topic: 't', partitions: [{ partition: 0, offset: '90', metadata: null }] }],
      fetchTopicOffsets: async () => {
        const high = String(highs.shift())
        return [{ partition: 0, offset: high, low: '0', high }]
      },
    }
    assert.deepEqual(await watchLag(admin, reads, { watchMs: 1, countRecords }), [
      { ...reads[0], lag: 110, arrived: 100, trend: 'stalled' },
    ])
  })
  it('judges no trend from one look', async () => {
    const admin = {
      fetchOffsets: async () => [],
      fetchTopicOffsets: async () => [{ partition: 0, offset: '5', low: '0', high: '5' }],
    }
    assert.deepEqual(await watchLag(admin, reads, { watchMs: 0, countRecords }), [
      { ...reads[0], lag: 5, arrived: 0, trend: 'not watched' },
    ])
  })
})

describe('readTopics', () => {
  it('counts partitions, copies behind and records, and shows a topic that is not there', async () => {
    const partition = (partitionId: number, isr: number[]) => ({ partitionErrorCode: 0, partitionId, leader: 1, replicas: [1, 2], isr })
    const topics = await readTopics(
      {
        listTopics: async () => ['a', 'other'],
        fetchTopicMetadata: async () => ({ topics: [{ name: 'a', partitions: [partition(0, [1, 2]), partition(1, [1])] }] }),
        fetchTopicOffsets: async () => [
          { partition: 0, offset: '10', low: '4', high: '10' },
          { partition: 1, offset: '7', low: '0', high: '7' },
        ],
      },
      ['a', 'b'],
    )
    assert.deepEqual(topics, [
      { topic: 'a', partitionCount: 2, behindCount: 1, recordCount: 13 },
      { topic: 'b', partitionCount: 0, behindCount: 0, recordCount: 0 },
    ])
  })
})

describe('readTemplate', () => {
  const Resources = {
    Infer: { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables: { KAFKA_AUTH: 'none', CLUSTER_ARN: {} } } } },
    From: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        Topics: ['my-flights.features'],
        AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'my-flights.infer.features' },
      },
    },
    Queue: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { EventSourceArn: 'arn:aws:sqs:…' } },
    Bucket: { Type: 'AWS::S3::Bucket' },
  }
  it('gives the way to sign in and each Kafka mapping with its step', () => {
    assert.deepEqual(readTemplate({ Resources }, 'my-flights'), {
      auth: 'none',
      reads: [{ step: 'infer', topic: 'my-flights.features', group: 'my-flights.infer.features' }],
    })
  })
  it('rejects what is no template', () => {
    assert.throws(() => readTemplate({}, 'p'), { code: 'FILE_INVALID', message: /no template/ })
  })
})

describe('readModels', () => {
  it('gives champion, challenger and shadow with since when, and the newest model', async () => {
    const store = memoryStore()
    for (const [at, version] of ['v1', 'v2', 'v3'].entries())
      await writeBundle(store, makeBundle(version, { manifest: { trainedAtMs: at } }))
    await changePointer(store, 'flights', () => {
      const champion = toPromoted(null, { version: 'v1', reason: 'first', nowMs: 10 })
      const shadowed = toShadowed(champion, { version: 'v2', nowMs: 20 })
      return toChallenged(shadowed, { version: 'v3', share: 0.1, nowMs: 30 })
    })
    const { serving, lastRetrain, problem } = await readModels(store, 'flights')
    assert.deepEqual(
      serving.map(({ role, version, sinceMs, share }) => [role, version, sinceMs, share]),
      [
        ['champion', 'v1', 10, null],
        ['challenger', 'v3', 30, 0.1],
        ['shadow', 'v2', 20, null],
      ],
    )
    assert.deepEqual([lastRetrain?.version, lastRetrain?.promoted, problem], ['v3', null, null])
  })
  it('says which model in service is gone', async () => {
    const store = memoryStore()
    await changePointer(store, 'flights', () => toPromoted(null, { version: 'v9', reason: 'lost', nowMs: 10 }))
    const { serving, lastRetrain } = await readModels(store, 'flights')
    assert.match(String(serving[0].problem), /the bundle is gone/)
    assert.equal(lastRetrain, null)
  })
})

describe('readSchedules', () => {
  it('asks for the schedules that the outputs name, and not for their input', async () => {
    const asked: unknown[] = []
    const client = {
      send: async ({ input }: { readonly input: { readonly Name: string } }) => {
        asked.push(input.Name)
        return { State: 'DISABLED', ScheduleExpression: 'rate(1 day)' }
      },
    } as unknown as Parameters<typeof readSchedules>[0]
    const outputs = { ScheduleRetrain: 'stack-retrain', ScheduleInputRetrain: '{}', Topics: 'a,b' }
    assert.deepEqual(await readSchedules(client, outputs), [
      { step: 'retrain', name: 'stack-retrain', state: 'DISABLED', expression: 'rate(1 day)' },
    ])
    assert.deepEqual(asked, ['stack-retrain'])
  })
})

describe('readSection', () => {
  it('keeps why a part could not be read', async () => {
    assert.deepEqual(await readSection(Promise.reject(new Error('closed')), 1_000), { ok: false, reason: 'closed' })
    assert.deepEqual(await readSection(new Promise(() => {}), 10), { ok: false, reason: 'no answer within 0 s' })
  })
})

describe('toStatusText', () => {
  it('shows every part, and that all is well', () => {
    const text = toStatusText(well)
    assert.match(text, /^pipeline flights, stack Millrace-flights, 1970-01-01 00:00 UTC\n/)
    for (const title of ['cluster', 'topics', 'lag', 'models', 'windows', 'schedules', 'open alarms'])
      assert.match(text, new RegExp(`^${title}$`, 'm'))
    assert.match(text, /^ {2}infer {2}flights\.features {2}12,000 {7}50 {2}keeping up$/m)
    assert.match(text, /\n\nall is well\n$/)
  })
  it('shows the parts that can be read beside one that cannot, and what is wrong', () => {
    const text = toStatusText({ ...well, topics: broken, alarms: { ok: true, value: [] } })
    assert.match(text, /^topics\n {2}cannot be read: no answer within 20 s$/m)
    assert.match(text, /^open alarms\n {2}none$/m)
    assert.match(text, /^ {2}retrain {2}ENABLED {2}rate\(1 day\)$/m)
    assert.match(text, /what is wrong\n {2}topics cannot be read: no answer within 20 s\n$/)
  })
})
