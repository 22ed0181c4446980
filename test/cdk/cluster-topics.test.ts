import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { topicSuffixes, topicsOf } from '#models/topics.ts'
import { parseSettings } from '../../cdk/settings.ts'
import { planTopics } from '../../cdk/topics.ts'
import { existingArn, flights, grantsOf, synthesize, topicPlansOf, withInputs } from './template.ts'

const names = topicSuffixes.map(suffix => `flights.${suffix}`)

describe('the topics of a provisioned cluster', () => {
  it('are copied to every zone, and say how long and how they keep records, and how many brokers must have one', () => {
    for (const { replicaCount, configs } of topicPlansOf(synthesize({}))) {
      assert.equal(replicaCount, 3)
      assert.equal(configs['cleanup.policy'], 'delete')
      assert.equal(configs['min.insync.replicas'], '2')
      assert.equal(configs['message.timestamp.type'], 'LogAppendTime')
      assert.ok(Number(configs['retention.ms']) >= 3 * 86_400_000)
    }
  })
})

for (const [mode, cluster] of [
  ['a provisioned', 'provisioned'],
  ['a serverless', 'serverless'],
  ['an existing', existingArn],
] as const) {
  describe(`the topics of ${mode} cluster`, () => {
    const template = synthesize({ cluster })
    it('are made by a function, as many as there are suffixes', () => {
      const plans = topicPlansOf(template)
      assert.deepEqual(
        plans.map(plan => plan.name),
        names,
      )
      for (const { partitionCount } of plans) assert.equal(partitionCount, 6)
    })
    it('are made by one that may not delete a topic or read a record', () => {
      const actions = Object.keys(grantsOf(template, 'topics')).filter(action => action.startsWith('kafka-cluster:'))
      assert.deepEqual(actions, [
        'kafka-cluster:AlterTopic',
        'kafka-cluster:AlterTopicDynamicConfiguration',
        'kafka-cluster:Connect',
        'kafka-cluster:CreateTopic',
        'kafka-cluster:DescribeTopic',
        'kafka-cluster:DescribeTopicDynamicConfiguration',
      ])
    })
    it('are there before anything polls them', () => {
      const [maker] = Object.keys(template.findResources('Custom::KafkaTopics'))
      for (const mapping of Object.values(template.findResources('AWS::Lambda::EventSourceMapping')))
        assert.ok(mapping.DependsOn.includes(maker))
    })
  })
}

describe('the setting topics=given', () => {
  it('leaves the topics of an existing cluster to their owner', () => {
    const template = synthesize({ cluster: existingArn, topics: 'given' })
    template.resourceCountIs('Custom::KafkaTopics', 0)
    template.resourceCountIs('AWS::Lambda::Function', 10)
  })
})

describe('the topics of inputs', () => {
  const configsOf = (context: Readonly<Record<string, unknown>>) =>
    new Map(planTopics(topicsOf(withInputs), parseSettings(context, { isEmulator: true })).map(({ name, configs }) => [name, configs]))
  it('are made with the others, in every kind of cluster', () => {
    for (const cluster of ['provisioned', 'serverless', existingArn]) {
      assert.deepEqual(
        topicPlansOf(synthesize({ cluster }, undefined, withInputs))
          .slice(names.length)
          .map(({ name }) => name),
        ['flights.gates', 'flights.windReports', 'flights.unused'],
      )
    }
  })
  it('are named in the output, and to the function that makes them', () => {
    const template = synthesize({ cluster: existingArn }, undefined, withInputs)
    assert.match(template.findOutputs('Topics').Topics.Value, /,flights\.gates,flights\.windReports,flights\.unused$/)
    assert.ok(grantsOf(template, 'topics')['kafka-cluster:CreateTopic'].includes('topic/flights.gates'))
  })
  it('keep the latest row of a key of a table for ever, and a removal as long as a step may be away', () => {
    const week = String(7 * 86_400_000)
    for (const context of [{}, { cluster: existingArn }]) {
      const { 'min.insync.replicas': _, ...configs } = configsOf(context).get('flights.gates')!
      assert.deepEqual(configs, {
        'cleanup.policy': 'compact',
        'min.compaction.lag.ms': week,
        'delete.retention.ms': week,
        'message.timestamp.type': 'LogAppendTime',
      })
    }
  })
  it('of a table ask of a serverless cluster only what it lets be set', () => {
    assert.deepEqual(configsOf({ cluster: 'serverless' }).get('flights.gates'), {
      'cleanup.policy': 'compact',
      'message.timestamp.type': 'LogAppendTime',
    })
  })
  it('of a stream are kept like events', () => {
    const configs = configsOf({})
    assert.deepEqual(configs.get('flights.windReports'), configs.get('flights.events'))
  })
})

describe('planTopics', () => {
  it('copies a topic to both of two zones, and lets a broker be away', () => {
    for (const context of [{ zones: '2' }, { vpcId: 'vpc-1', subnetIds: 'subnet-1,subnet-2' }]) {
      const [{ replicaCount, configs }] = planTopics(topicsOf(flights), parseSettings(context))
      assert.deepEqual([replicaCount, configs['min.insync.replicas']], [2, '1'])
    }
  })
  it('leaves replicas to an existing cluster', () => {
    for (const { replicaCount, configs } of planTopics(topicsOf(flights), parseSettings({ cluster: existingArn }, { isEmulator: true }))) {
      assert.equal(replicaCount, -1)
      assert.equal(configs['min.insync.replicas'], undefined)
    }
  })
  it('rejects a name that Kafka refuses', () => {
    assert.throws(
      () => planTopics(topicsOf({ ...flights, name: 'flights of ours' }), parseSettings({})),
      /a topic's name must be 1 to 249 letters, digits, dots, dashes or underscores, got "flights of ours.events"; change the definition's name/,
    )
  })
})
