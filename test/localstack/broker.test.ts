import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startBroker } from '../../localstack/broker.ts'
import { freePorts } from '../../localstack/ports.ts'

describe('startBroker', () => {
  it('rejects KAFKA_BROKERS where nobody answers', async () => {
    const [port] = await freePorts(1)
    await assert.rejects(startBroker({ KAFKA_BROKERS: `127.0.0.1:${port}` }), {
      code: 'ENVIRONMENT_INVALID',
      message: `KAFKA_BROKERS must be host:port of a Kafka broker that answers without TLS, got 127.0.0.1:${port}; unset it to have one started`,
    })
  })
})
