import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type DeployedNames, readMappings } from '../../../localstack/event-source/mappings.ts'

const properties = {
  FunctionName: { Ref: 'InferFunction' },
  EventSourceArn: { Ref: 'ClusterArn' },
  AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'millrace-infer' },
  Topics: ['features'],
  StartingPosition: 'TRIM_HORIZON',
}
const provisioned = {
  ...properties,
  BatchSize: 5000,
  MaximumBatchingWindowInSeconds: 1,
  ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 4 },
  FunctionResponseTypes: ['ReportBatchItemFailures'],
  MaximumRetryAttempts: 3,
}
const toTemplate = (Properties: object) => ({ Resources: { InferSource: { Type: 'AWS::Lambda::EventSourceMapping', Properties } } })
const names: DeployedNames = {
  toFunctionName: logicalId => (logicalId === 'InferFunction' ? 'Stack-Infer-1' : undefined),
  toArn: logicalId => (logicalId === 'FailedQueue' ? 'arn:aws:sqs:us-east-1:000000000000:failed' : undefined),
}
const read = (Properties: object) => readMappings(toTemplate(Properties), names)
const onFailure = (Destination: unknown) => ({ DestinationConfig: { OnFailure: { Destination } } })

describe('readMappings', () => {
  it('gives AWS’s defaults to what is not set', () => {
    assert.deepEqual(read(properties), [
      {
        logicalId: 'InferSource',
        functionName: 'Stack-Infer-1',
        topic: 'features',
        groupId: 'millrace-infer',
        startsAt: 'TRIM_HORIZON',
        startsAtMs: undefined,
        batchSize: 100,
        windowMs: 500,
        maxPollerCount: 2000,
        maxRetryCount: -1,
        maxRecordAgeMs: -1,
        splitsOnError: false,
        reportsItemFailures: false,
        destination: undefined,
        filterPatterns: [],
        unfollowed: [],
      },
    ])
  })
  it('takes what is set', () => {
    const [mapping] = read(provisioned)
    const { batchSize, windowMs, maxPollerCount, maxRetryCount, reportsItemFailures } = mapping
    assert.deepEqual(
      { batchSize, windowMs, maxPollerCount, maxRetryCount, reportsItemFailures },
      {
        batchSize: 5000,
        windowMs: 1000,
        maxPollerCount: 4,
        maxRetryCount: 3,
        reportsItemFailures: true,
      },
    )
  })
  it('knows a function by its ARN too', () => {
    assert.equal(read({ ...properties, FunctionName: { 'Fn::GetAtt': ['InferFunction', 'Arn'] } })[0].functionName, 'Stack-Infer-1')
  })
  it('names the settings that are not followed', () => {
    assert.deepEqual(read({ ...provisioned, SchemaRegistryConfig: {} })[0].unfollowed, ['SchemaRegistryConfig'])
  })
  it('reads age, bisection, start time and filters', () => {
    const Pattern = '{"value":{"country":["DE"]}}'
    const [mapping] = read({
      ...provisioned,
      MaximumRecordAgeInSeconds: 600,
      BisectBatchOnFunctionError: true,
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: 1_700_000_000,
      FilterCriteria: { Filters: [{ Pattern }] },
    })
    const { maxRecordAgeMs, splitsOnError, startsAt, startsAtMs, filterPatterns } = mapping
    assert.deepEqual(
      { maxRecordAgeMs, splitsOnError, startsAt, startsAtMs, filterPatterns },
      {
        maxRecordAgeMs: 600_000,
        splitsOnError: true,
        startsAt: 'AT_TIMESTAMP',
        startsAtMs: 1_700_000_000_000,
        filterPatterns: [Pattern],
      },
    )
  })
  it('finds an on-failure destination by its name in the template', () => {
    assert.deepEqual(read({ ...properties, ...onFailure({ 'Fn::GetAtt': ['FailedQueue', 'Arn'] }) })[0].destination, {
      kind: 'sqs',
      queueArn: 'arn:aws:sqs:us-east-1:000000000000:failed',
    })
  })
  it('limits retries to 10 where there is a destination and no limit', () => {
    const { maxRetryCount: limited } = read({ ...provisioned, ...onFailure('kafka://failed') })[0]
    const { maxRetryCount: byDefault } = read({ ...properties, ...onFailure('arn:aws:s3:::failed') })[0]
    assert.deepEqual([limited, byDefault], [3, 10])
  })
  for (const [name, setting] of Object.entries({
    MaximumRetryAttempts: { MaximumRetryAttempts: 2 },
    MaximumRecordAgeInSeconds: { MaximumRecordAgeInSeconds: 60 },
    BisectBatchOnFunctionError: { BisectBatchOnFunctionError: true },
    FunctionResponseTypes: { FunctionResponseTypes: ['ReportBatchItemFailures'] },
    'a Kafka topic as DestinationConfig': onFailure('kafka://failed'),
  })) {
    it(`rejects ${name} without provisioned pollers`, () => {
      assert.throws(() => read({ ...properties, ...setting }), {
        code: 'SETTING_INVALID',
        message: `event source mapping InferSource: ${name} must come with ProvisionedPollerConfig; change it in cdk/`,
      })
    })
  }
  it('takes the same settings switched off without provisioned pollers', () => {
    const off = { MaximumRetryAttempts: -1, MaximumRecordAgeInSeconds: -1, BisectBatchOnFunctionError: false, FunctionResponseTypes: [] }
    assert.equal(read({ ...properties, ...off })[0].maxRetryCount, -1)
  })
  it('rejects the source’s own topic as its on-failure destination', () => {
    assert.throws(() => read({ ...provisioned, ...onFailure('kafka://features') }), {
      message: /must differ from the source's, got features/,
    })
  })
  it('rejects a destination that is no queue, topic or bucket', () => {
    assert.throws(() => read({ ...properties, ...onFailure('arn:aws:events:us-east-1:000000000000:event-bus/x') }), {
      code: 'SETTING_INVALID',
      message: /must be the ARN of a queue, topic or bucket, or kafka:/,
    })
  })
  it('rejects a destination that is not deployed', () => {
    assert.throws(() => read({ ...properties, ...onFailure({ Ref: 'Other' }) }), {
      message: 'on-failure destination Other is not deployed',
    })
  })
  it('rejects a record age that AWS refuses', () => {
    assert.throws(() => read({ ...provisioned, MaximumRecordAgeInSeconds: 59 }), { message: /must be from 60 to 604800, or -1/ })
  })
  it('rejects more pollers at least than at most', () => {
    const ProvisionedPollerConfig = { MinimumPollers: 3, MaximumPollers: 2 }
    assert.throws(() => read({ ...properties, ProvisionedPollerConfig }), { message: /MinimumPollers must be at most MaximumPollers/ })
  })
  it('rejects a start time without the position that uses it, and the other way round', () => {
    assert.throws(() => read({ ...properties, StartingPositionTimestamp: 1 }), {
      message: /needs StartingPosition AT_TIMESTAMP, got TRIM_HORIZON/,
    })
    assert.throws(() => read({ ...properties, StartingPosition: 'AT_TIMESTAMP' }), {
      message: /AT_TIMESTAMP needs StartingPositionTimestamp/,
    })
  })
  it('leaves out disabled mappings, other sources and other resources', () => {
    assert.deepEqual(read({ ...properties, Enabled: false }), [])
    assert.deepEqual(read({ FunctionName: { Ref: 'InferFunction' }, EventSourceArn: 'arn:aws:sqs:…' }), [])
    assert.deepEqual(readMappings({ Resources: { Bucket: { Type: 'AWS::S3::Bucket' } } }, names), [])
  })
  it('rejects a batch size that AWS refuses', () => {
    assert.throws(() => read({ ...properties, BatchSize: 10_001 }), { code: 'SETTING_INVALID', message: /InferSource: .*10000/ })
  })
  it('rejects two topics in one mapping', () => {
    assert.throws(() => read({ ...properties, Topics: ['a', 'b'] }), { code: 'SETTING_INVALID', message: /Topics/ })
  })
  it('rejects a function that is not deployed', () => {
    assert.throws(() => read({ ...properties, FunctionName: { Ref: 'Other' } }), { message: /InferSource: function Other is not deployed/ })
  })
  it('rejects what is no template', () => {
    assert.throws(() => readMappings({}, names), { code: 'FILE_INVALID', message: /Resources/ })
  })
})
