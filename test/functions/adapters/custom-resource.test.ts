import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { customResource } from '#functions/adapters/custom-resource.ts'

const hurried = { workMs: 50, answerMs: 200, pauseMs: 1 }

describe('customResource', () => {
  const answers: Record<string, unknown>[] = []
  let status = 200
  let refusals = 0
  const server = createServer(async (request, response) => {
    answers.push(JSON.parse(await text(request)))
    response.writeHead(refusals-- > 0 ? 503 : status).end()
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
  it('answers that it failed where the work does not end, well before Lambda ends the function', async () => {
    await customResource('topics', () => new Promise(() => undefined), hurried)(request('Create'))
    assert.equal(answers.at(-1)?.Status, 'FAILED')
    assert.match(String(answers.at(-1)?.Reason), /^no answer within/)
  })
  it('sends an answer again that was not taken', async () => {
    refusals = 2
    const before = answers.length
    await customResource('topics', async () => ({}), hurried)(request('Create'))
    assert.deepEqual([answers.length - before, answers.at(-1)?.Status], [3, 'SUCCESS'])
  })
  it('throws where the answer is never taken', async () => {
    status = 403
    await assert.rejects(
      customResource('topics', async () => ({}), hurried)(request('Create')),
      /CloudFormation did not take the answer: 403/,
    )
  })
})
