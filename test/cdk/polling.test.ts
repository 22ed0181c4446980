import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseSettings } from '../../cdk/settings.ts'
import { existingArn, findStep, list, resourcesOf, synthesize } from './template.ts'

const mappingsOf = (context: Readonly<Record<string, unknown>>) =>
  resourcesOf(synthesize({ cluster: existingArn, ...context }), 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => Properties)

describe('the event source mappings', () => {
  const mappings = mappingsOf({})
  it('have one consumer group each, by pipeline, step and topic', () => {
    const groups = mappings.map(mapping => (mapping.AmazonManagedKafkaEventSourceConfig as { ConsumerGroupId: string }).ConsumerGroupId)
    assert.equal(new Set(groups).size, mappings.length)
    assert.ok(groups.includes('flights.deliver.rejected'))
  })
  it('start at the oldest record', () => {
    for (const mapping of mappings) assert.equal(mapping.StartingPosition, 'TRIM_HORIZON')
  })
  it('have provisioned pollers of one group, and all error controls', () => {
    for (const mapping of mappings) {
      assert.deepEqual(mapping.ProvisionedPollerConfig, { MinimumPollers: 1, MaximumPollers: 10, PollerGroupName: 'Millrace-flights' })
      assert.deepEqual(mapping.FunctionResponseTypes, ['ReportBatchItemFailures'])
      assert.equal(mapping.BisectBatchOnFunctionError, true)
      assert.equal(mapping.MaximumRetryAttempts, 1_000)
    }
  })
  it('put a batch that is given up into S3, whole', () => {
    for (const mapping of mappings) assert.match(JSON.stringify(mapping.DestinationConfig), /"OnFailure".*StoresFailuresBucket/)
  })
  it('give up a record by its age where that is set', () => {
    for (const mapping of mappingsOf({ recordAgeAtMostSec: '3600' })) assert.equal(mapping.MaximumRecordAgeInSeconds, 3_600)
  })
  it('try without end and keep no failures where that is set', () => {
    for (const mapping of mappingsOf({ onFailure: 'none' })) {
      assert.equal(mapping.MaximumRetryAttempts, undefined)
      assert.equal(mapping.DestinationConfig, undefined)
    }
  })
  it('hold nothing that on-demand pollers do not take, and their functions know it', () => {
    const template = synthesize({ cluster: existingArn, pollers: 'on-demand' })
    for (const { Properties } of resourcesOf(template, 'AWS::Lambda::EventSourceMapping')) {
      for (const name of [
        'ProvisionedPollerConfig',
        'FunctionResponseTypes',
        'BisectBatchOnFunctionError',
        'MaximumRetryAttempts',
        'MaximumRecordAgeInSeconds',
      ])
        assert.equal(Properties[name], undefined, name)
    }
    template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { PARTIAL_FAILURES: 'off' } } })
  })
  it('gathers the labels of windows as long as labelWindowSec says, and no other topic', () => {
    const windowsOf = (context: object) =>
      findStep(synthesize({ cluster: existingArn, ...context }), 'preprocess').mappings.map(mapping => [
        list(mapping.Topics)[0],
        mapping.MaximumBatchingWindowInSeconds,
      ])
    assert.deepEqual(windowsOf({}), [
      ['flights.events', undefined],
      ['flights.labels', undefined],
    ])
    assert.deepEqual(windowsOf({ labelWindowSec: '0' }), [
      ['flights.events', undefined],
      ['flights.labels', 0],
    ])
  })
})

const rejects = (context: Readonly<Record<string, unknown>>, message: RegExp) =>
  assert.throws(() => parseSettings(context), { name: 'MillraceError', code: 'SETTING_INVALID', message })

describe('toPolling', () => {
  it('rejects all error controls without provisioned pollers in one message', () => {
    rejects(
      { pollers: 'on-demand', partialFailures: 'on', bisect: 'on', retriesAtMost: '5', recordAgeAtMostSec: '60' },
      /^partialFailures, bisect, retriesAtMost, recordAgeAtMostSec need provisioned pollers, got pollers=on-demand; leave them out, or give -c pollers=provisioned/,
    )
  })
  it('rejects one error control without provisioned pollers', () => {
    rejects({ pollers: 'on-demand', bisect: 'on' }, /^bisect needs provisioned pollers, got pollers=on-demand; leave it out/)
  })
  it('rejects an S3 destination without a limit, which Lambda would set to ten', () => {
    rejects({ retriesAtMost: '-1' }, /^retriesAtMost must be a limit where onFailure is s3, or Lambda makes it 10/)
  })
  it('rejects a limit without a place for what is given up', () => {
    rejects(
      { onFailure: 'none', retriesAtMost: '5' },
      /^retriesAtMost and recordAgeAtMostSec need onFailure=s3, or what is given up would be lost/,
    )
  })
  it('rejects more pollers at least than at most', () => {
    rejects({ minPollers: '11' }, /^minPollers must be at most maxPollers, 10, got 11/)
  })
})
