import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toMetaProperties, toServerProperties } from '../../../localstack/kafka/properties.ts'

describe('toServerProperties', () => {
  const lines = toServerProperties({ port: 9092, controllerPort: 9093, logFolder: '/data' }).split('\n')

  it('listens on 127.0.0.1 only', () => {
    assert.ok(lines.includes('listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093'))
    assert.ok(lines.includes('advertised.listeners=PLAINTEXT://127.0.0.1:9092'))
  })
  it('creates no topic that nobody declared', () => {
    assert.ok(lines.includes('auto.create.topics.enable=false'))
  })
  it('deletes no record for its age', () => {
    assert.ok(lines.includes('log.retention.ms=-1'))
  })
  it("leaves the size of a batch at Kafka's default", () => {
    assert.equal(
      lines.some(line => line.startsWith('message.max.bytes')),
      false,
    )
  })
})

describe('toMetaProperties', () => {
  it('has ids of 22 characters, as kafka-storage makes them, new each time', () => {
    assert.match(toMetaProperties(), /^version=1\ncluster\.id=[\w-]{22}\nnode\.id=1\ndirectory\.id=[\w-]{22}\n$/)
    assert.notEqual(toMetaProperties(), toMetaProperties())
  })
})
