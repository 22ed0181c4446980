import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseSettings } from '../../cdk/settings.ts'
import { existingArn, findStep, list, resourcesOf, synthesize, topicPlansOf, withInputs } from './template.ts'

const mappingsOf = (context: Readonly<Record<string, unknown>>) =>
  resourcesOf(synthesize({ cluster: existingArn, ...context }), 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => Properties)

const groupOf = (mapping: Readonly<Record<string, unknown>>) =>
  (mapping.AmazonManagedKafkaEventSourceConfig as { readonly ConsumerGroupId: string }).ConsumerGroupId

describe('the event source mappings', () => {
  const mappings = mappingsOf({})
  it('have one consumer group each, by pipeline, step and topic', () => {
    const groups = mappings.map(groupOf)
    assert.equal(new Set(groups).size, mappings.length)
    assert.ok(groups.includes('flights.deliver.rejected'))
  })
  it('start at the oldest record', () => {
    for (const mapping of mappings) assert.equal(mapping.StartingPosition, 'TRIM_HORIZON')
  })
  it('have provisioned pollers of one group, and all error controls', () => {
    for (const mapping of mappings) {
      const MaximumPollers = groupOf(mapping) === 'flights.adapt.feedback' ? 1 : 10 // it writes one object
      assert.deepEqual(mapping.ProvisionedPollerConfig, { MinimumPollers: 1, MaximumPollers, PollerGroupName: 'Millrace-flights' })
      assert.deepEqual(mapping.FunctionResponseTypes, ['ReportBatchItemFailures'])
      assert.equal(mapping.BisectBatchOnFunctionError, true)
      assert.equal(mapping.MaximumRetryAttempts, 10_000)
    }
  })
  it('put a batch that is given up into S3, whole', () => {
    for (const mapping of mappings) assert.match(JSON.stringify(mapping.DestinationConfig), /"OnFailure".*StoresFailuresBucket/)
  })
  it('give up a record half a day before its topic may delete it: by its age, not by a count of tries', () => {
    const topics = topicPlansOf(synthesize({}, undefined, withInputs))
    const retentionSecOf = (topic: string) => Number(topics.find(({ name }) => name === topic)?.configs['retention.ms']) / 1_000
    const made = resourcesOf(synthesize({}, undefined, withInputs), 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => Properties)
    for (const { Topics, MaximumRecordAgeInSeconds, MaximumRetryAttempts } of made) {
      const topic = String(list(Topics)[0])
      assert.equal(MaximumRetryAttempts, 10_000)
      if (topic === 'flights.gates') continue // a table
      assert.ok(Number(MaximumRecordAgeInSeconds) >= 60, topic)
      assert.ok(Number(MaximumRecordAgeInSeconds) + 12 * 3_600 <= retentionSecOf(topic), `${topic}: ${MaximumRecordAgeInSeconds}`)
    }
    const ages = new Map(made.map(({ Topics, MaximumRecordAgeInSeconds }) => [list(Topics)[0], MaximumRecordAgeInSeconds]))
    assert.deepEqual([ages.get('flights.features'), ages.get('flights.events')], [60 * 3_600, 156 * 3_600])
  })
  it('give up no row of a table by its age: it stays until it is replaced, and is read however old', () => {
    for (const context of [{}, { recordAgeAtMostSec: '3600' }]) {
      const tables = resourcesOf(synthesize(context, undefined, withInputs), 'AWS::Lambda::EventSourceMapping').filter(
        ({ Properties }) => list(Properties.Topics)[0] === 'flights.gates',
      )
      assert.ok(tables.length > 0)
      for (const { Properties } of tables) assert.equal(Properties.MaximumRecordAgeInSeconds, undefined)
    }
  })
  it('give up a record by another age where that is set', () => {
    for (const mapping of mappingsOf({ recordAgeAtMostSec: '3600' })) assert.equal(mapping.MaximumRecordAgeInSeconds, 3_600)
  })
  it('give up no record of given topics by its age: how long those keep it, only their owner knows', () => {
    for (const mapping of mappingsOf({ topics: 'given' })) assert.equal(mapping.MaximumRecordAgeInSeconds, undefined)
    for (const mapping of mappingsOf({ topics: 'given', recordAgeAtMostSec: '400000' }))
      assert.equal(mapping.MaximumRecordAgeInSeconds, 400_000)
  })
  it('are asked to count what is given up', () => {
    for (const mapping of mappings) assert.deepEqual(mapping.MetricsConfig, { Metrics: ['EventCount'] })
  })
  it('try without end and keep no failures where that is set', () => {
    for (const mapping of mappingsOf({ onFailure: 'none' })) {
      assert.equal(mapping.MaximumRetryAttempts, undefined)
      assert.equal(mapping.MaximumRecordAgeInSeconds, undefined)
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
    const longest = (context: object) =>
      Math.max(
        ...findStep(synthesize({ cluster: existingArn, ...context }), 'archive').mappings.map(
          mapping => mapping.MaximumBatchingWindowInSeconds,
        ),
      )
    assert.ok(longest({}) >= 30)
    assert.equal(longest({ windowSecAtMost: '2' }), 2)
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
  it('rejects an age at which a topic has deleted the record already', () => {
    rejects(
      { recordAgeAtMostSec: '259200' },
      /^recordAgeAtMostSec must be below the shortest retention of a topic that is read, 259200, got 259200: a record that is deleted/,
    )
  })
  it('rejects more pollers at least than at most', () => {
    rejects({ minPollers: '11' }, /^minPollers must be at most maxPollers, 10, got 11/)
  })
})
