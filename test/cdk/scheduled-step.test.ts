import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Match } from 'aws-cdk-lib/assertions'
import { toTurn } from '../../cdk/scheduled-step.ts'
import { parseSettings } from '../../cdk/settings.ts'
import { allSteps, scheduledSteps } from '../../cdk/steps.ts'
import { existingArn, findStep, grantsOf, synthesize } from './template.ts'

const template = synthesize({ cluster: existingArn }, 6 * 3_600_000)

describe('compact', () => {
  it('alone may remove what is archived, small or compacted, and nothing else of the bucket', () => {
    const topics = ['events', 'labels', 'predictions', 'feedback']
    const objects = topics.flatMap(topic => [`ArchiveBucket/flights.${topic}/*`, `ArchiveBucket/compacted/flights.${topic}/*`]).sort()
    const grants = grantsOf(template, 'compact')
    for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']) assert.deepEqual(grants[action].toSorted(), objects, action)
    assert.deepEqual(grants['s3:ListBucket'], ['ArchiveBucket'])
    for (const { name } of allSteps.filter(({ name }) => name !== 'compact')) {
      assert.equal(grantsOf(template, name)['s3:DeleteObject'], undefined, name)
    }
  })
  it('runs every twenty minutes, with a disk for an hour of the archive', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(20 minutes)' })
    assert.deepEqual(findStep(template, 'compact').properties.EphemeralStorage, { Size: 10_240 })
  })
})

describe('retrain', () => {
  it('runs as often as the definition says', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(6 hours)' })
  })
  it('runs as often as retrainEvery says, where it is given', () => {
    const often = synthesize({ cluster: existingArn, retrainEvery: '30 minutes' })
    often.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(30 minutes)' })
  })
  it('is sent what the output says', () => {
    const input = '{"trigger":"schedule"}'
    template.hasResourceProperties('AWS::Scheduler::Schedule', { Target: { Input: input, RetryPolicy: { MaximumRetryAttempts: 1 } } })
    template.hasOutput('ScheduleInputRetrain', { Value: input })
  })
  it('never runs twice at once where concurrency is reserved', () => {
    assert.equal(
      findStep(synthesize({ cluster: existingArn, concurrency: 'reserved' }), 'retrain').properties.ReservedConcurrentExecutions,
      1,
    )
  })
  it('is not tried again by Lambda', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0 })
  })
  it('may do what its row says, and nothing else', () => {
    const models = ['ModelBucket/bundles/flights/*', 'ModelBucket/champions/flights.json']
    assert.deepEqual(grantsOf(template, 'retrain'), {
      'logs:CreateLogStream': ['Logs'],
      'logs:PutLogEvents': ['Logs'],
      's3:GetObject': [
        'ArchiveBucket/compacted/flights.feedback/*',
        'ArchiveBucket/flights.feedback/*',
        'ArchiveBucket/training/flights/*',
        ...models,
      ],
      's3:ListBucket': ['ArchiveBucket', 'ModelBucket'],
      's3:PutObject': ['ArchiveBucket/training/flights/*', ...models], // of the archive only what it prepared
      'sqs:SendMessage': ['RetrainDeadLetters'],
    })
    assert.deepEqual(findStep(template, 'retrain').mappings, [])
  })
  it('has the disk for a training set', () => {
    template.hasResourceProperties('AWS::Lambda::Function', { Description: 'flights: retrain', EphemeralStorage: { Size: 4_096 } })
  })
  it('leaves a turn that fails in an encrypted queue of dead letters', () => {
    template.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 86_400 })
    template.hasResourceProperties('AWS::Scheduler::Schedule', { Target: { DeadLetterConfig: Match.anyValue() } })
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { DestinationConfig: { OnFailure: Match.anyValue() } })
  })
  it('rejects a schedule that overlaps its timeout', () => {
    assert.throws(
      () => synthesize({ cluster: existingArn }, 600_000),
      /retrain must run at most every 17 minutes, its timeout and 120 s that it may begin late, got every 10/,
    )
  })
  it('rejects an interval that is not whole minutes', () => {
    assert.throws(
      () => synthesize({ cluster: existingArn }, 90_500),
      /retrain.everyMs must be whole minutes, got 90500; change it in the definition/,
    )
  })
})

describe('toTurn', () => {
  it("goes by the row's own minutes, whatever the definition and the setting say", () => {
    const row = { ...scheduledSteps[0], name: 'watch', everyMinutes: 5 }
    const { every } = toTurn(row, { retrain: { everyMs: 3_600_000 } }, parseSettings({ retrainEvery: '30 minutes' }))
    assert.equal(every.toMinutes(), 5)
  })
})

describe('watch', () => {
  it('runs every hour, whatever the definition says', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(1 hour)', Description: 'flights: watch' })
  })
  it('reads counters, reads and writes models, and touches no topic', () => {
    const models = ['ModelBucket/bundles/flights/*', 'ModelBucket/champions/flights.json']
    assert.deepEqual(grantsOf(template, 'watch'), {
      'dynamodb:BatchGetItem': ['CountersTable'],
      'dynamodb:Query': ['CountersTable'],
      'logs:CreateLogStream': ['Logs'],
      'logs:PutLogEvents': ['Logs'],
      's3:GetObject': models,
      's3:ListBucket': ['ModelBucket'],
      's3:PutObject': models,
      'sqs:SendMessage': ['WatchDeadLetters'],
    })
  })
})
