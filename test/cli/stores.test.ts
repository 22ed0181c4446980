import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { pickOutput, readStackOutputs } from '../../cli/stack-outputs.ts'
import { tellingStore, toStoreFailure } from '../../cli/store-failure.ts'

/** A client whose every call ends like this. */
const clientOf = (send: () => Promise<unknown>) => ({ send }) as unknown as CloudFormationClient
const named = (name: string, message = '') => Object.assign(new Error(message), { name })

describe('readStackOutputs', () => {
  it('gives the outputs by their names', async () => {
    const client = clientOf(async () => ({ Stacks: [{ Outputs: [{ OutputKey: 'ModelBucketName', OutputValue: 'models-1' }] }] }))
    const outputs = await readStackOutputs('Millrace-flights', { client })
    assert.equal(pickOutput(outputs, 'ModelBucketName', 'Millrace-flights'), 'models-1')
    assert.throws(() => pickOutput(outputs, 'ClusterArn', 'Millrace-flights'), {
      message: /stack Millrace-flights has no output ClusterArn/,
    })
  })
  it('rejects a stack that is not there with what to name instead', async () => {
    const client = clientOf(() => Promise.reject(named('ValidationError', 'Stack with id Millrace-x does not exist')))
    const instead = 'its model bucket with --bucket'
    await assert.rejects(readStackOutputs('Millrace-x', { client, instead }), {
      code: 'ARGUMENT_INVALID',
      message: /there is no stack Millrace-x .* name it with --stack, or its model bucket with --bucket$/,
    })
  })
  it('names no flag that a command does not have', async () => {
    const client = clientOf(() => Promise.reject(named('ValidationError', 'Stack with id Millrace-x does not exist')))
    await assert.rejects(readStackOutputs('Millrace-x', { client }), { message: /; name it with --stack$/ })
  })
  it('rejects without credentials with how to sign in', async () => {
    const client = clientOf(() => Promise.reject(named('CredentialsProviderError', 'Could not load credentials from any providers')))
    await assert.rejects(readStackOutputs('Millrace-x', { client }), {
      code: 'STORE_FAILED',
      message: /there are no AWS credentials; sign in/,
    })
  })
})

describe('toStoreFailure', () => {
  for (const [name, message] of [
    ['NoSuchBucket', /^bucket b: there is no such bucket; give another name, or another stack with --stack$/],
    ['AccessDenied', /^bucket b: these credentials may not/],
    ['ExpiredToken', /^bucket b: the AWS credentials have expired; sign in again$/],
    ['Error', /^bucket b: connect ECONNREFUSED$/],
  ] as const) {
    it(`says what to do about ${name}`, () => {
      assert.match(toStoreFailure('bucket b', named(name, 'connect ECONNREFUSED')).message, message)
    })
  }
  it('says that a region is missing, which is wrong usage', () => {
    const { code, message } = toStoreFailure('bucket b', new Error('Region is missing'))
    assert.deepEqual([code, message], ['ARGUMENT_INVALID', 'bucket b: no AWS region is set; set AWS_REGION'])
  })
})

describe('tellingStore', () => {
  it('tells the failures of each call, and passes what succeeds', async () => {
    const store = memoryStore()
    await tellingStore('b', store).put('k', Buffer.from('v'))
    assert.deepEqual(Buffer.from((await tellingStore('b', store).get('k'))!.body), Buffer.from('v'))
    const fail = () => Promise.reject(named('AccessDenied'))
    const failing = tellingStore('b', { get: fail, put: fail, putIf: fail, list: fail })
    for (const call of [
      () => failing.get('k'),
      () => failing.put('k', Buffer.from('')),
      () => failing.putIf('k', Buffer.from(''), null),
      () => failing.list(''),
    ]) {
      await assert.rejects(call, { code: 'STORE_FAILED' })
    }
  })
})
