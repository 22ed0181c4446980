import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { customResource } from '#functions/adapters/custom-resource.ts'

describe('customResource', () => {
  const answers: Record<string, unknown>[] = []
  let status = 200
  const server = createServer(async (request, response) => {
    answers.push(JSON.parse(await text(request)))
    response.writeHead(status).end()
  })
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(() => server.close())

  const request = (type: string) => ({
    RequestType: type,
    ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Made',
    ResourceProperties: { Topics: '[]' },
  })

  it('tells CloudFormation that it is done', async () => {
    await customResource('topics', async ({ Topics }) => ({ created: [String(Topics)] }))(request('Create'))
    assert.deepEqual(answers.at(-1), {
      Status: 'SUCCESS',
      PhysicalResourceId: 'topics',
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'Made',
    })
  })
  it('tells CloudFormation why it failed, so that the deployment ends', async () => {
    const failing = customResource('topics', async () => {
      throw new Error('no broker')
    })
    await failing({ ...request('Update'), PhysicalResourceId: 'topics' })
    assert.equal(answers.at(-1)?.Status, 'FAILED')
    assert.equal(answers.at(-1)?.Reason, 'no broker')
  })
  it('does nothing at a deletion, and answers', async () => {
    const failing = customResource('topics', async () => {
      throw new Error('called')
    })
    await failing({ ...request('Delete'), PhysicalResourceId: 'topics' })
    assert.equal(answers.at(-1)?.Status, 'SUCCESS')
  })
  it('throws where the answer is not taken', async () => {
    status = 403
    await assert.rejects(customResource('topics', async () => ({}))(request('Create')), /CloudFormation did not take the answer: 403/)
  })
})
