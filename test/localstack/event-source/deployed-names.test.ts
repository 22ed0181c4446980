import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toDeployedNames } from '../../../localstack/event-source/deployed-names.ts'

const resources = new Map([
  ['Infer', { type: 'AWS::Lambda::Function', physicalId: 'Stack-Infer-1' }],
  ['Queue', { type: 'AWS::SQS::Queue', physicalId: 'http://127.0.0.1:4566/000000000000/Stack-Queue-1' }],
  ['Topic', { type: 'AWS::SNS::Topic', physicalId: 'arn:aws:sns:us-east-1:000000000000:Stack-Topic-1' }],
  ['Bucket', { type: 'AWS::S3::Bucket', physicalId: 'stack-bucket-1' }],
])
const names = toDeployedNames(resources, 'arn:aws:kafka:us-east-1:000000000000:cluster/c/1')

describe('toDeployedNames', () => {
  it('knows a function by its name, and nothing else as a function', () => {
    assert.deepEqual([names.toFunctionName('Infer'), names.toFunctionName('Queue')], ['Stack-Infer-1', undefined])
  })
  it('knows queues, topics and buckets by their ARNs', () => {
    assert.deepEqual(['Queue', 'Topic', 'Bucket', 'Infer', 'Other'].map(names.toArn), [
      'arn:aws:sqs:us-east-1:000000000000:Stack-Queue-1',
      'arn:aws:sns:us-east-1:000000000000:Stack-Topic-1',
      'arn:aws:s3:::stack-bucket-1',
      undefined,
      undefined,
    ])
  })
})
