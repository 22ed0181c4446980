import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LambdaPort, makeInvoke } from '../../../localstack/event-source/invoke.ts'
import { maxPayloadBytes } from '../../../localstack/event-source/msk-event.ts'

const answering = (answer: { Payload?: string; FunctionError?: string }) =>
  ({
    send: async () => ({
      ...answer,
      ExecutedVersion: '7',
      $metadata: { requestId: 'r1' },
      ...(answer.Payload !== undefined && { Payload: { length: 1, transformToString: () => answer.Payload } }),
    }),
  }) as unknown as LambdaPort
const invoke = (answer: Parameters<typeof answering>[0]) => makeInvoke(answering(answer))('infer', Buffer.from('{}'))

const context = { requestId: 'r1', executedVersion: '7' }

describe('makeInvoke', () => {
  it('gives the function’s answer', async () => {
    assert.deepEqual(await invoke({ Payload: '{"batchItemFailures":[]}' }), { ok: true, response: { batchItemFailures: [] }, ...context })
  })
  it('gives null for a function that answers nothing', async () => {
    assert.deepEqual(await invoke({}), { ok: true, response: null, ...context })
  })
  it('leaves an answer that is not JSON as text', async () => {
    assert.deepEqual(await invoke({ Payload: '<html>' }), { ok: true, response: '<html>', ...context })
  })
  it('tells a function that threw', async () => {
    const answer = { FunctionError: 'Unhandled', Payload: '{"errorType":"TypeError","errorMessage":"x is not defined","trace":[]}' }
    assert.deepEqual(await invoke(answer), { ok: false, kind: 'function', error: 'TypeError: x is not defined', ...context })
  })
  it('tells a function that timed out', async () => {
    const answer = { FunctionError: 'Unhandled', Payload: '{"errorMessage":"Task timed out after 3.00 seconds"}' }
    assert.deepEqual(await invoke(answer), { ok: false, kind: 'function', error: 'Error: Task timed out after 3.00 seconds', ...context })
  })
  it('tells a service that cannot be reached', async () => {
    const failing = { send: () => Promise.reject(new Error('connect ECONNREFUSED')) } as unknown as LambdaPort
    assert.deepEqual(await makeInvoke(failing)('infer', Buffer.from('{}')), {
      ok: false,
      kind: 'service',
      error: 'Error: connect ECONNREFUSED',
    })
  })
  it('rejects a payload over 6 MB without sending it', async () => {
    const unused = { send: () => assert.fail('was sent') } as unknown as LambdaPort
    assert.deepEqual(await makeInvoke(unused)('infer', Buffer.alloc(maxPayloadBytes + 1)), {
      ok: false,
      kind: 'service',
      error: 'payload must be at most 6291456 bytes, got 6291457',
    })
  })
})
