import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InvokeResult } from '../../../localstack/event-source/outcome.ts'
import { watchInvocations } from './invocation-watch.ts'

async function watch(...results: InvokeResult[]) {
  const watch = watchInvocations()
  const left = [...results]
  const invoke = watch.wrapInvoke(async () => left.shift()!)
  for (const result of results) assert.equal(await invoke('infer', new Uint8Array()), result)
  return { deaths: watch.deaths(), failures: [...watch.failures()] }
}
const failed = (error: string) => ({ ok: false, kind: 'function', error }) as const

describe('watchInvocations', () => {
  it('passes answers on and counts none that succeeded', async () => {
    assert.deepEqual(await watch({ ok: true, response: null }), { deaths: 0, failures: [] })
  })
  it('counts what failed by function and error', async () => {
    const error = 'Error: no'
    assert.deepEqual(await watch(failed(error), failed(error)), { deaths: 0, failures: [['infer: Error: no', 2]] })
  })
  it('takes for dead a process that is gone or was ended', async () => {
    const errors = [
      'Runtime.HandlerError: Worker process died',
      'Task timed out after 60.00 seconds',
      'Error: Runtime exited without providing a reason',
    ]
    assert.equal((await watch(...errors.map(failed))).deaths, 3)
  })
})
