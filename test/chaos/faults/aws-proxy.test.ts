import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { AwsCall, Disturbance } from './aws-call.ts'
import { type AwsProxy, startAwsProxy } from './aws-proxy.ts'

describe('startAwsProxy', () => {
  let proxy: AwsProxy
  let seen: { readonly url: string; readonly body: string }[] = []
  let calls: AwsCall[] = []
  let disturbance: Disturbance | undefined
  const service = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    seen.push({ url: incoming.url!, body: String(Buffer.concat(chunks)) })
    outgoing.writeHead(200, { 'content-type': 'text/plain', etag: '"1"' }).end('done')
  })
  const post = (body: string) => {
    seen = []
    calls = []
    return fetch(`${proxy.endpoint}/a/b?c=1`, { method: 'POST', body, headers: { 'x-amz-target': 'DynamoDB_20120810.Query' } })
  }

  before(async () => {
    await new Promise<void>(resolve => service.listen(0, '127.0.0.1', resolve))
    proxy = await startAwsProxy(call => {
      calls.push(call)
      return disturbance
    })
    proxy.setUpstream(`http://127.0.0.1:${(service.address() as AddressInfo).port}`)
  })
  after(async () => {
    await proxy.close()
    service.close()
    service.closeAllConnections()
  })

  it('passes a call and its answer on as they are', async () => {
    disturbance = undefined
    const answer = await post('hello')
    assert.equal(await answer.text(), 'done')
    assert.equal(answer.headers.get('etag'), '"1"')
    assert.deepEqual(seen, [{ url: '/a/b?c=1', body: 'hello' }])
    const [{ method, path, dynamoOperation }] = calls
    assert.deepEqual({ method, path, dynamoOperation }, { method: 'POST', path: '/a/b?c=1', dynamoOperation: 'Query' })
  })
  it('answers for the service, which sees nothing', async () => {
    disturbance = { kind: 'answer', answer: { status: 503, type: 'text/plain', body: 'no' } }
    const answer = await post('hello')
    assert.equal(answer.status, 503)
    assert.equal(await answer.text(), 'no')
    assert.deepEqual(seen, [])
  })
  it('breaks the connection before the service has seen the call', async () => {
    disturbance = { kind: 'drop', isDone: false, afterMs: 0 }
    await assert.rejects(post('hello'))
    assert.deepEqual(seen, [])
  })
  it('breaks the connection after the service has done it', async () => {
    disturbance = { kind: 'drop', isDone: true, afterMs: 0 }
    await assert.rejects(post('hello'))
    assert.equal(seen.length, 1)
  })
  it('changes the call and its answer', async () => {
    disturbance = { kind: 'change', body: 'less', toAnswer: text => `${text} in part` }
    assert.equal(await (await post('hello')).text(), 'done in part')
    assert.equal(seen[0].body, 'less')
  })
})
