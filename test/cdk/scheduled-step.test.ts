import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { actionsOf, existingArn, findStep, synthesize } from './template.ts'

const template = synthesize({ clusterArn: existingArn }, 6 * 3_600_000)

describe('retrain', () => {
  it('runs as often as the definition says', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(6 hours)' })
  })
  it('runs as often as retrainEvery says, where it is given', () => {
    const often = synthesize({ clusterArn: existingArn, retrainEvery: '1 minute' })
    often.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(1 minute)' })
  })
  it('is sent what the output says', () => {
    const input = '{"trigger":"schedule"}'
    template.hasResourceProperties('AWS::Scheduler::Schedule', { Target: { Input: input, RetryPolicy: { MaximumRetryAttempts: 1 } } })
    template.hasOutput('ScheduleInputRetrain', { Value: input })
  })
  it('never runs twice at once', () => {
    assert.equal(findStep(template, 'retrain').properties.ReservedConcurrentExecutions, 1)
  })
  it('is not tried again by Lambda', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0 })
  })
  it('reads the archive, reads and writes models, and touches no topic', () => {
    assert.deepEqual(actionsOf(template, 'retrain', 's3'), ['s3:GetObject', 's3:ListBucket', 's3:PutObject'])
    assert.deepEqual(actionsOf(template, 'retrain', 'kafka-cluster'), [])
    assert.deepEqual(findStep(template, 'retrain').mappings, [])
  })
  it('rejects an interval that is not whole minutes', () => {
    assert.throws(
      () => synthesize({ clusterArn: existingArn }, 90_500),
      /retrain.everyMs must be whole minutes, got 90500; change it in the definition/,
    )
  })
})

describe('watch', () => {
  it('runs every hour, whatever the definition says', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(1 hour)', Description: 'flights: watch' })
  })
  it('reads counters, reads and writes models, and touches no topic', () => {
    assert.deepEqual(actionsOf(template, 'watch', 'dynamodb'), ['dynamodb:Scan'])
    assert.deepEqual(actionsOf(template, 'watch', 's3'), ['s3:GetObject', 's3:ListBucket', 's3:PutObject'])
    assert.deepEqual(actionsOf(template, 'watch', 'kafka-cluster'), [])
  })
})
