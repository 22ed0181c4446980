import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MillraceError } from '#models/errors.ts'
import { findCluster } from '../../cli/find-cluster.ts'

const clusterArn = 'arn:aws:kafka:eu-central-1:111122223333:cluster/demo/0000-1'
const unread = () => Promise.reject(new Error('no stack is to be read'))

describe('findCluster', () => {
  it('takes brokers that are named, without authentication unless told', async () => {
    assert.deepEqual(await findCluster({ brokers: 'a:1' }, unread), { cluster: { brokers: 'a:1' }, auth: 'none' })
    assert.deepEqual(await findCluster({ brokers: 'a:1', auth: 'iam' }, unread), { cluster: { brokers: 'a:1' }, auth: 'iam' })
  })
  it('takes a cluster that is named, with IAM unless told', async () => {
    assert.deepEqual(await findCluster({ clusterArn }, unread), { cluster: { clusterArn }, auth: 'iam' })
  })
  it("takes the stack's cluster, and signs in as the stack's functions do", async () => {
    const stack = async () => ({ outputs: { ClusterArn: clusterArn }, auth: 'none' }) as const
    assert.deepEqual(await findCluster({}, stack), { cluster: { clusterArn }, auth: 'none' })
  })
  it('rejects what is no ARN', async () => {
    await assert.rejects(findCluster({ clusterArn: 'demo' }, unread), { code: 'ARGUMENT_INVALID' })
  })
  it('rejects a stack that cannot be read, and names the flag that does without one', async () => {
    const gone = () => Promise.reject(new MillraceError('ARGUMENT_INVALID', 'there is no stack Millrace-flights'))
    await assert.rejects(findCluster({}, gone), {
      code: 'ARGUMENT_INVALID',
      message: 'there is no stack Millrace-flights; or name the brokers with --brokers HOST:PORT',
    })
    await assert.rejects(
      findCluster({}, async () => ({ outputs: {}, auth: 'none' })),
      /--brokers HOST:PORT/,
    )
  })
})
