import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { topicSuffixes, topicsOf } from '#models/topics.ts'
import { parseSettings } from '../../cdk/settings.ts'
import { planTopics } from '../../cdk/topics.ts'
import { existingArn, flights, grantsOf, resourcesOf, synthesize, withInputs } from './template.ts'

const names = topicSuffixes.map(suffix => `flights.${suffix}`)

describe('the topics of a provisioned cluster', () => {
  const topics = resourcesOf(synthesize({}), 'AWS::MSK::Topic')
  it('are resources of CloudFormation, one for each suffix, copied to three brokers', () => {
    assert.deepEqual(topics.map(({ Properties }) => Properties.TopicName).sort(), [...names].sort())
    for (const { Properties } of topics) assert.equal(Properties.ReplicationFactor, 3)
  })
  it('are never deleted by a deployment', () => {
    for (const { DeletionPolicy, UpdateReplacePolicy } of topics)
      assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ['Retain', 'Retain'])
  })
  it('say how long and how they keep records, and how many brokers must have one', () => {
    for (const { Properties } of topics) {
      const configs = JSON.parse(Buffer.from(String(Properties.Configs), 'base64').toString())
      assert.equal(configs['cleanup.policy'], 'delete')
      assert.equal(configs['min.insync.replicas'], '2')
      assert.equal(configs['message.timestamp.type'], 'LogAppendTime')
      assert.ok(Number(configs['retention.ms']) >= 3 * 86_400_000)
    }
  })
})

for (const [mode, cluster] of [
  ['a serverless', 'serverless'],
  ['an existing', existingArn],
] as const) {
  describe(`the topics of ${mode} cluster`, () => {
    const template = synthesize({ cluster })
    const [{ Properties }] = resourcesOf(template, 'Custom::KafkaTopics')
    it('are made by a function, as many as there are suffixes', () => {
      const plans = JSON.parse(String(Properties.Topics)) as { name: string; partitionCount: number }[]
      assert.deepEqual(
        plans.map(plan => plan.name),
        names,
      )
      for (const { partitionCount } of plans) assert.equal(partitionCount, 6)
      template.resourceCountIs('AWS::MSK::Topic', 0)
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
    new Map(planTopics(topicsOf(withInputs), parseSettings(context)).map(({ name, configs }) => [name, configs]))
  it('are made with the others, in every kind of cluster', () => {
    const made = resourcesOf(synthesize({}, undefined, withInputs), 'AWS::MSK::Topic').map(({ Properties }) => Properties.TopicName)
    assert.deepEqual(made.slice(names.length), ['flights.gates', 'flights.windReports', 'flights.unused'])
    for (const cluster of ['serverless', existingArn]) {
      const [{ Properties }] = resourcesOf(synthesize({ cluster }, undefined, withInputs), 'Custom::KafkaTopics')
      const plans = JSON.parse(String(Properties.Topics)) as { name: string }[]
      assert.deepEqual(
        plans.slice(names.length).map(({ name }) => name),
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
  it('copies a topic to both of two brokers, and lets one of them be away', () => {
    const [{ replicaCount, configs }] = planTopics(
      topicsOf(flights),
      parseSettings({ brokerCount: '2', vpcId: 'vpc-1', subnetIds: 'subnet-1,subnet-2' }),
    )
    assert.deepEqual([replicaCount, configs['min.insync.replicas']], [2, '1'])
  })
  it('leaves replicas to an existing cluster', () => {
    for (const { replicaCount, configs } of planTopics(topicsOf(flights), parseSettings({ cluster: existingArn }))) {
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
