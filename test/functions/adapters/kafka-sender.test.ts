import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Kafka, ProducerBatch, ProducerConfig, TopicMessages } from 'kafkajs'
import { kafkaSender } from '#functions/adapters/kafka-sender.ts'

const record = { topic: 't', key: null, value: 'v' }

/** A cluster whose producers connect and send as they are told to; `made` tells how each was made and what became of it. */
function clusterOf(does: { readonly connect?: () => Promise<void>; readonly send?: () => Promise<void> } = {}) {
  const { connect = async () => {}, send = async () => {} } = does
  const made: { config: ProducerConfig; sent: number; left: boolean }[] = []
  const producer = (config: ProducerConfig) => {
    const state = { config, sent: 0, left: false }
    made.push(state)
    return {
      connect,
      sendBatch: async () => {
        await send()
        state.sent++
      },
      disconnect: async () => {
        state.left = true
      },
    }
  }
  return { made, kafka: { producer } as unknown as Kafka }
}

describe('kafkaSender', () => {
  it('sends through one idempotent producer with one request in flight, and leaves it at the end', async () => {
    const { made, kafka } = clusterOf()
    const send = kafkaSender(async () => kafka)
    assert.equal(made.length, 0)
    await send([record])
    await send([record])
    await send.close()
    const [{ config, sent, left }] = made
    assert.deepEqual([made.length, sent, left, config.idempotent, config.maxInFlightRequests], [1, 2, true, true, 1])
  })
  it('rejects what is not acknowledged by the deadline as retryable, and begins a clean producer', async () => {
    let isStuck = true
    const { made, kafka } = clusterOf({ send: () => (isStuck ? new Promise(() => {}) : Promise.resolve()) })
    const send = kafkaSender(async () => kafka, { deadlineMs: 20 })
    await assert.rejects(send([record]), {
      code: 'SEND_FAILED',
      retryable: true,
      message: /^1 records could not be sent: no answer within/,
    })
    isStuck = false
    await send([record])
    assert.deepEqual(
      made.map(({ sent, left }) => [sent, left]),
      [
        [0, true],
        [1, false],
      ],
    )
  })
  it('rejects a send while no connection comes about, within the same deadline', async () => {
    const { kafka } = clusterOf({ connect: () => new Promise(() => {}) })
    await assert.rejects(kafkaSender(async () => kafka, { deadlineMs: 20 })([record]), { code: 'SEND_FAILED' })
  })
  it('leaves a producer that could not connect', async () => {
    const { made, kafka } = clusterOf({ connect: () => Promise.reject(new Error('refused')) })
    await assert.rejects(kafkaSender(async () => kafka)([record]), { message: /refused/ })
    assert.equal(made[0].left, true)
  })
  for (const name of ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__']) {
    it(`sends a record with two headers named ${name}`, async () => {
      const sent: TopicMessages[] = []
      const producer = { connect: async () => {}, sendBatch: async (batch: ProducerBatch) => sent.push(...batch.topicMessages!) }
      const headers = [[name, Buffer.from('x')] as const, [name, 'y'] as const]
      await kafkaSender(async () => ({ producer: () => producer }) as unknown as Kafka)([{ ...record, headers }])
      assert.deepEqual(Object.entries(sent[0].messages[0].headers!), [[name, [Buffer.from('x'), 'y']]])
    })
  }
  it('rejects for good what Kafka would refuse again', async () => {
    const tooLarge = Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' })
    const { kafka } = clusterOf({ send: () => Promise.reject(tooLarge) })
    await assert.rejects(kafkaSender(async () => kafka)([record]), { retryable: false })
  })
  it('drops one producer for two sends that fail together', async () => {
    const { made, kafka } = clusterOf({ send: () => Promise.reject(new Error('lost')) })
    const send = kafkaSender(async () => kafka)
    await Promise.allSettled([send([record]), send([record])])
    await assert.rejects(send([record]))
    assert.deepEqual([made.length, made[0].left, made[1].left], [2, true, true])
  })
  it('connects before its first send if told to, once', async () => {
    const { made, kafka } = clusterOf()
    const send = kafkaSender(async () => kafka, { connectsAhead: true })
    await nextTurn()
    assert.equal(made.length, 1)
    await send([record])
    assert.deepEqual([made.length, made[0].sent], [1, 1])
  })
  it('tells at the first send that it could not connect ahead, and connects anew after', async () => {
    let tries = 0
    const { kafka } = clusterOf()
    const connect = async () => {
      if (tries++ === 0) throw new Error('no brokers')
      return kafka
    }
    const send = kafkaSender(connect, { connectsAhead: true })
    await nextTurn()
    await assert.rejects(send([record]), { code: 'SEND_FAILED', message: /no brokers/ })
    await send([record])
  })
})
