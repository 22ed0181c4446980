import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LambdaPort } from '../../../localstack/event-source/invoke.ts'
import { fillPayload } from '../../bench/msk-payload.ts'
import { watchInfer } from './infer-watch.ts'

/** A Lambda that answers each call with the next of these logs, and fails where there is none. */
function open(logs: readonly (string | undefined)[]) {
  const asked: unknown[] = []
  const send = async ({ input }: { readonly input: { readonly LogType?: string } }) => {
    const log = logs[asked.length]
    asked.push(input.LogType)
    return log === undefined ? { FunctionError: 'Unhandled' } : { LogResult: Buffer.from(log).toString('base64') }
  }
  const watch = watchInfer(() => ({ send }) as unknown as LambdaPort)
  const others: string[] = []
  const invoke = watch.wrapInvoke(async functionName => {
    others.push(functionName)
    return { ok: true, response: null }
  })
  return { watch, invoke, asked, others }
}

const payload = (first: number) => Buffer.from(fillPayload('flights.features', 2, at => JSON.stringify({ id: `F${first + at}` })))

describe('watchInfer', () => {
  it('notes the ids of each invocation of infer that succeeded', async () => {
    const { watch, invoke, asked } = open(['', undefined, ''])
    for (const first of [0, 2, 4]) await invoke('Millrace-InferFunction-x', payload(first))
    assert.deepEqual(watch.invocations(), [
      ['F0', 'F1'],
      ['F4', 'F5'],
    ])
    assert.deepEqual(asked, ['Tail', 'Tail', 'Tail'])
  })
  it('reads refusals from the log, among other lines', async () => {
    const refusal = JSON.stringify({ step: 'infer', kind: 'refused', role: 'champion', version: 'v2', reason: 'it is cut' })
    const { watch, invoke } = open([`"cut":1}}\nnull\nSTART\n{"step":"infer","kind":"swapped","version":"v1"}\n${refusal}\nEND`])
    await invoke('Millrace-InferFunction-x', payload(0))
    assert.deepEqual(watch.refused(), ['v2'])
    assert.equal(watch.refusalOf('v2'), 'it is cut')
    assert.equal(watch.refusalOf('v1'), undefined)
  })
  it('leaves other functions to the event source', async () => {
    const { watch, invoke, others } = open([])
    await invoke('Millrace-DeliverFunction-x', payload(0))
    assert.deepEqual([others, watch.invocations()], [['Millrace-DeliverFunction-x'], []])
  })
})
