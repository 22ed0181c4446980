import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toHttpRequest, toHttpResponse } from '#functions/adapters/http-event.ts'

describe('toHttpRequest', () => {
  it('reads the last part of the path and the bytes of the body', () => {
    const { path, body } = toHttpRequest({ version: '2.0', rawPath: '/prod/events/', body: '{}', isBase64Encoded: false })
    assert.deepEqual([path, String(body)], ['events', '{}'])
    assert.equal(String(toHttpRequest({ version: '2.0', rawPath: '/labels', body: 'e30=', isBase64Encoded: true }).body), '{}')
  })
  it('reads a request without a body as an empty one', () => {
    assert.equal(toHttpRequest({ version: '2.0', rawPath: '/' }).body.byteLength, 0)
  })
  for (const event of [undefined, {}, { version: '1.0', path: '/events' }, { version: '2.0' }]) {
    it(`rejects ${JSON.stringify(event)}`, () =>
      assert.throws(() => toHttpRequest(event), { code: 'EVENT_INVALID', message: /payload format 2\.0/ }))
  }
})

describe('toHttpResponse', () => {
  it('sends JSON that nobody keeps', () => {
    assert.deepEqual(toHttpResponse({ statusCode: 200, body: { accepted: 1 } }), {
      statusCode: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: '{"accepted":1}',
    })
  })
})
