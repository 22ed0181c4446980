import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readMappings } from '../../../localstack/event-source/mappings.ts'

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
const read = (Properties: object) =>
  readMappings(toTemplate(Properties), logicalId => (logicalId === 'InferFunction' ? 'Stack-Infer-1' : undefined))

describe('readMappings', () => {
  it('gives AWS’s defaults to what is not set', () => {
    assert.deepEqual(read(properties), [
      {
        logicalId: 'InferSource',
        functionName: 'Stack-Infer-1',
        topic: 'features',
        groupId: 'millrace-infer',
        startsAt: 'TRIM_HORIZON',
        batchSize: 100,
        windowMs: 500,
        maxPollerCount: 2000,
        maxRetryCount: -1,
        reportsItemFailures: false,
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
    const later = { BisectBatchOnFunctionError: true, DestinationConfig: { OnFailure: { Destination: 'kafka://failed' } } }
    assert.deepEqual(read({ ...provisioned, ...later, MaximumRecordAgeInSeconds: -1 })[0].unfollowed, [
      'BisectBatchOnFunctionError',
      'DestinationConfig',
    ])
  })
  it('leaves out disabled mappings, other sources and other resources', () => {
    assert.deepEqual(read({ ...properties, Enabled: false }), [])
    assert.deepEqual(read({ FunctionName: { Ref: 'InferFunction' }, EventSourceArn: 'arn:aws:sqs:…' }), [])
    assert.deepEqual(readMappings({ Resources: { Bucket: { Type: 'AWS::S3::Bucket' } } }, String), [])
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
    assert.throws(() => readMappings({}, String), { code: 'FILE_INVALID', message: /Resources/ })
  })
})
