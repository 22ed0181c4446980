import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseSettings } from '../../cdk/settings.ts'
import { existingArn, resourcesOf, synthesize } from './template.ts'

const forEmulator = {
  cluster: existingArn,
  topics: 'given',
  kafkaAuth: 'none',
  alarms: 'off',
  kafkaBrokers: '127.0.0.1:9092,127.0.0.1:9093',
}

describe('kafkaBrokers', () => {
  const template = synthesize(forEmulator)

  it('tells every function the brokers, and none without it', () => {
    const told = (given: typeof template) =>
      resourcesOf(given, 'AWS::Lambda::Function').map(
        ({ Properties }) => (Properties.Environment as { Variables: Record<string, string> }).Variables.KAFKA_BROKERS,
      )
    assert.deepEqual([...new Set(told(template))], ['127.0.0.1:9092,127.0.0.1:9093'])
    assert.deepEqual([...new Set(told(synthesize({ cluster: existingArn })))], [undefined])
  })
  it('keeps each mapping in the template, under a condition that never holds', () => {
    const conditions = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').map(({ Condition }) => Condition)
    assert.deepEqual([conditions.length, [...new Set(conditions)]], [10, ['KnowsKafka']])
    template.hasCondition('KnowsKafka', { 'Fn::Equals': ['yes', 'no'] })
  })
  for (const [name, value] of [
    ['kafkaAuth', 'iam'],
    ['alarms', 'on'],
  ]) {
    it(`rejects ${name}=${value}: it is for an emulator alone`, () => {
      assert.throws(
        () => parseSettings({ ...forEmulator, [name]: value }),
        /^MillraceError: kafkaBrokers belongs to an emulator, .*; leave it out$/,
      )
    })
  }
  it('rejects what is no host:port', () => {
    assert.throws(() => parseSettings({ ...forEmulator, kafkaBrokers: 'localhost' }), /kafkaBrokers must be host:port of each broker/)
  })
})
