import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { decodeBatches } from '#functions/adapters/kafka-batches.ts'
import { toSentHeaders } from '#functions/adapters/kafka-wire.ts'

const require = createRequire(import.meta.url)
const protocol = 'kafkajs/src/protocol'

/** What kafkajs itself puts into a request to send, as the broker would store it. */
async function encode(messages: readonly object[]): Promise<Buffer> {
  const request = require(`${protocol}/requests/produce/v7/request`)
  const topicData = [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages }] }]
  const { buffer } = await request({ acks: -1, timeout: 1, topicData }).encode()
  const opening = 2 + 2 + 4 + (4 + 2 + 1) + (4 + 4 + 4) // transaction, acks, timeout, topics, topic, partitions, partition, length
  return buffer.subarray(opening)
}

/** What kafkajs itself reads from a response with these batches. */
async function decode(batches: Buffer) {
  const Decoder = require(`${protocol}/decoder`)
  const length = Buffer.alloc(4)
  length.writeInt32BE(batches.length)
  require(`${protocol}/requests/fetch/v11/response`) // as a consumer would, which takes the reader into use
  return require(`${protocol}/requests/fetch/v4/decodeMessages`)(new Decoder(Buffer.concat([length, batches])))
}

const headers = [
  ['a', Buffer.from([0xff])],
  ['constructor', Buffer.from('x')],
  ['__proto__', null],
  ['a', Buffer.alloc(0)],
] as const

describe('kafkajs, as kafka-wire.ts changes it', () => {
  it('sends a list of headers in its order, null values too, and reads it back', async () => {
    const sent = await encode([{ key: null, value: 'v', headers: toSentHeaders(headers) }])
    const [message] = await decode(sent)
    assert.deepEqual(message.headers, headers)
    assert.deepEqual([message.key, String(message.value), message.offset], [null, 'v', '0'])
  })
  it('sends an object of headers as kafkajs does', async () => {
    const [record] = decodeBatches(await encode([{ key: 'k', value: null, headers: { one: 'x', two: ['y', 'z'] } }]))
    assert.deepEqual(
      record.headers.map(([name, value]) => [name, String(value)]),
      [
        ['one', 'x'],
        ['two', 'y'],
        ['two', 'z'],
      ],
    )
    assert.deepEqual([String(record.key), record.value], ['k', null])
  })
  it('reads two hundred thousand records of one batch', async () => {
    const messages = await decode(await encode(Array.from({ length: 200_000 }, () => ({ value: null }))))
    assert.equal(messages.length, 200_000)
  })
  it('rejects to be loaded after kafkajs has read or sent', () => {
    const stderr = failToLoad(`require('${protocol}/requests/fetch/v4/response')`)
    assert.match(stderr, /kafka-wire\.ts must be imported before kafkajs has sent or read, requests\/fetch\/v4\/response is in use already/)
  })
  it('rejects another version of kafkajs', () => {
    const stderr = failToLoad("require('kafkajs/package.json').version = '2.3.0'")
    assert.match(stderr, /kafkajs must be 2\.2\.4, whose reading of records is replaced, got 2\.3\.0/)
  })
})

/** What a process of its own says that does this and then loads kafka-wire.ts. */
function failToLoad(first: string): string {
  const script = `import { createRequire } from 'node:module'
    const require = createRequire(import.meta.url)
    ${first}
    await import('#functions/adapters/kafka-wire.ts')`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
  assert.equal(status, 1)
  return stderr
}
