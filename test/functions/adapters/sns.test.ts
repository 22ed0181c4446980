import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PublishBatchCommandInput, SNSClient } from '@aws-sdk/client-sns'
import { snsNotify } from '#functions/adapters/sns.ts'

const messages = Array.from({ length: 12 }, (_, at) => ({ subject: 'subject', body: String(at) }))

/** SNS that fails the entries of these bodies. */
function open(failing: Readonly<Record<string, { readonly SenderFault: boolean }>>) {
  const taken: string[] = []
  const send = async ({ input }: { readonly input: PublishBatchCommandInput }) => {
    const entries = input.PublishBatchRequestEntries ?? []
    taken.push(...entries.flatMap(({ Message }) => (Message! in failing ? [] : [Message!])))
    return {
      Failed: entries.flatMap(({ Id, Message }) => (Message! in failing ? [{ Id, Code: 'x', Message: 'no', ...failing[Message!] }] : [])),
    }
  }
  return { notify: snsNotify('arn', { send } as unknown as SNSClient), taken }
}

describe('snsNotify', () => {
  it('publishes ten a call', async () => {
    const { notify, taken } = open({})
    assert.deepEqual(await notify(messages), { refusedCount: 0 })
    assert.equal(taken.length, 12)
  })
  it('counts messages that SNS will never take, and publishes the others', async () => {
    const { notify, taken } = open({ 3: { SenderFault: true }, 11: { SenderFault: true } })
    assert.deepEqual(await notify(messages), { refusedCount: 2 })
    assert.equal(taken.length, 10)
  })
  it('throws a retryable error where SNS itself failed', async () => {
    const { notify } = open({ 3: { SenderFault: true }, 4: { SenderFault: false } })
    await assert.rejects(notify(messages), { code: 'SEND_FAILED', retryable: true })
  })
})
