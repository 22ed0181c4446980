import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startEmulator } from '../../localstack/emulator.ts'
import { freePorts } from '../../localstack/ports.ts'

const start = (AWS_ENDPOINT_URL: string) =>
  startEmulator({ brokers: '127.0.0.1:9092', env: { AWS_ENDPOINT_URL, KAFKA_BROKERS: '127.0.0.1:9092' } })

describe('startEmulator', () => {
  for (const url of [
    'https://kafka.eu-central-1.amazonaws.com',
    'https://s3.cn-north-1.amazonaws.com.cn',
    'https://sqs.us-east-1.api.aws',
  ]) {
    it(`rejects AWS itself: ${url}`, async () => {
      const message = `AWS_ENDPOINT_URL must be an emulator's: a local run would create and delete real resources at ${url}; unset it`
      await assert.rejects(start(url), { code: 'ENVIRONMENT_INVALID', message })
    })
  }
  it('rejects an address where nobody answers', async () => {
    const [port] = await freePorts(1)
    const message = `AWS_ENDPOINT_URL must be the URL of an AWS emulator that answers, got http://127.0.0.1:${port}; unset it to have one started`
    await assert.rejects(start(`http://127.0.0.1:${port}`), { code: 'ENVIRONMENT_INVALID', message })
  })
  it('rejects what is no URL', async () => {
    await assert.rejects(start('localhost'), /AWS_ENDPOINT_URL must be the URL of an AWS emulator that answers, got localhost/)
  })
})
