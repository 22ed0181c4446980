import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { topicSuffixes } from '#models/topics.ts'
import { resourcesOf, synthesize } from './template.ts'

const template = synthesize({})

describe('the created cluster', () => {
  it('speaks TLS with IAM and nothing else', () => {
    template.hasResourceProperties('AWS::MSK::Cluster', {
      ClientAuthentication: { Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: false } },
      EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
    })
  })
  it('logs what its brokers say', () => {
    template.hasResourceProperties('AWS::MSK::Cluster', { LoggingInfo: { BrokerLogs: { CloudWatchLogs: { Enabled: true } } } })
  })
  it('has a broker in each of three zones', () => {
    template.hasResourceProperties('AWS::MSK::Cluster', { NumberOfBrokerNodes: 3 })
    template.resourceCountIs('AWS::EC2::Subnet', 3)
  })
  it('has one topic for each suffix, copied to every broker', () => {
    const topics = resourcesOf(template, 'AWS::MSK::Topic').map(({ Properties }) => Properties)
    assert.deepEqual(topics.map(topic => topic.TopicName).sort(), topicSuffixes.map(suffix => `flights.${suffix}`).sort())
    for (const topic of topics) assert.equal(topic.ReplicationFactor, 3)
  })
  it('never deletes a topic by a deployment', () => {
    for (const { DeletionPolicy } of resourcesOf(template, 'AWS::MSK::Topic')) assert.equal(DeletionPolicy, 'Retain')
  })
  it('takes rejected records that are longer than the originals', () => {
    const rejected = resourcesOf(template, 'AWS::MSK::Topic').find(({ Properties }) => Properties.TopicName === 'flights.rejected')!
    const configs = JSON.parse(Buffer.from(String(rejected.Properties.Configs), 'base64').toString())
    assert.equal(configs['max.message.bytes'], '4194304')
    assert.equal(configs['min.insync.replicas'], '2')
  })
  it('lets nothing in from an address, only from security groups that it names', () => {
    const inline = resourcesOf(template, 'AWS::EC2::SecurityGroup').flatMap(({ Properties }) => Properties.SecurityGroupIngress ?? [])
    assert.deepEqual(inline, [])
    const rules = resourcesOf(template, 'AWS::EC2::SecurityGroupIngress').map(({ Properties }) => Properties)
    assert.deepEqual(rules.map(rule => rule.FromPort).sort(), [443, 9098, 9098])
    for (const rule of rules) {
      assert.equal(rule.FromPort, rule.ToPort)
      assert.ok(rule.SourceSecurityGroupId)
      assert.equal(rule.CidrIp, undefined)
    }
  })
  it('has no way to the internet', () => {
    for (const type of ['AWS::EC2::NatGateway', 'AWS::EC2::InternetGateway']) template.resourceCountIs(type, 0)
  })
  it('reaches S3, DynamoDB, SNS and the Kafka API through endpoints', () => {
    const names = resourcesOf(template, 'AWS::EC2::VPCEndpoint').map(({ Properties }) => JSON.stringify(Properties.ServiceName))
    for (const service of ['.s3', '.dynamodb', '.sns', '.kafka'])
      assert.ok(
        names.some(name => name.includes(`${service}"`)),
        service,
      )
    assert.equal(names.length, 4)
  })
})
