import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { topicSuffixes } from '#models/topics.ts'
import { parseSettings } from '../../cdk/settings.ts'
import { planTopics } from '../../cdk/topics.ts'
import { existingArn, grantsOf, resourcesOf, synthesize } from './template.ts'

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
    template.resourceCountIs('AWS::Lambda::Function', 9)
  })
})

describe('planTopics', () => {
  it('lets rejected records be longer than the originals', () => {
    assert.equal(
      planTopics('flights', parseSettings({})).find(({ name }) => name === 'flights.rejected')?.configs['max.message.bytes'],
      '4194304',
    )
  })
  it('copies a topic to both of two brokers, and lets one of them be away', () => {
    const [{ replicaCount, configs }] = planTopics(
      'flights',
      parseSettings({ brokerCount: '2', vpcId: 'vpc-1', subnetIds: 'subnet-1,subnet-2' }),
    )
    assert.deepEqual([replicaCount, configs['min.insync.replicas']], [2, '1'])
  })
  it('leaves replicas to an existing cluster', () => {
    for (const { replicaCount, configs } of planTopics('flights', parseSettings({ cluster: existingArn }))) {
      assert.equal(replicaCount, -1)
      assert.equal(configs['min.insync.replicas'], undefined)
    }
  })
  it('rejects a name that Kafka refuses', () => {
    assert.throws(
      () => planTopics('flights of ours', parseSettings({})),
      /a topic's name must be 1 to 249 letters, digits, dots, dashes or underscores, got "flights of ours.events"; change the definition's name/,
    )
  })
})
