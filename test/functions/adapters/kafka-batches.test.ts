import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { decodeBatches } from '#functions/adapters/kafka-batches.ts'

type Codecs = Readonly<Record<string, string>>
const golden = JSON.parse(readFileSync(new URL('kafka-batches.golden.json', import.meta.url), 'utf8')) as Readonly<Record<string, Codecs>>
const bytesOf = (client: string, codec: string) => Buffer.from(golden[client][codec], 'base64')

const headers = [
  ['constructor', Buffer.from('x')],
  ['b', null],
  ['__proto__', Buffer.from([0xff, 0])],
  ['constructor', Buffer.alloc(0)],
]
const value = Buffer.from('a value a value a value a value')

/** A batch whose attributes are changed. */
function withAttributes(bytes: Buffer, attributes: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeInt16BE(attributes, 21)
  return changed
}

describe('decodeBatches', () => {
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    it(`reads what Java's client wrote with ${codec}: headers as a list, null apart from empty, a record without a time`, () => {
      const records = decodeBatches(bytesOf('kafka-clients', codec))
      assert.deepEqual(
        records.map(record => [record.offset, record.timestampMs, record.key, record.value, record.headers]),
        [
          [40, 1_700_000_000_123, Buffer.from('k'), value, headers],
          [41, -1, null, Buffer.alloc(0), []],
          [42, 1_700_000_000_000, Buffer.alloc(0), null, []],
        ],
      )
    })
    it(`reads what librdkafka wrote with ${codec}`, () => {
      const records = decodeBatches(bytesOf('librdkafka', codec))
      assert.deepEqual(
        records.map(record => [record.offset, record.timestampMs, record.key, record.value, record.headers]),
        [
          [0, 1_700_000_000_123, Buffer.from('k'), value, headers],
          [1, 1_700_000_000_123, null, Buffer.alloc(0), []],
          [2, 1_700_000_000_000, Buffer.alloc(0), null, []],
        ],
      )
    })
  }
  it('reads batch after batch, and leaves out one that was cut off', () => {
    const batch = bytesOf('librdkafka', 'zstd')
    const offsets = (bytes: Buffer) => decodeBatches(bytes).map(({ offset }) => offset)
    assert.deepEqual(offsets(Buffer.concat([batch, bytesOf('kafka-clients', 'lz4')])), [0, 1, 2, 40, 41, 42])
    for (const length of [batch.length - 1, 61, 60, 1])
      assert.deepEqual(offsets(Buffer.concat([batch, batch.subarray(0, length)])), [0, 1, 2])
  })
  it("gives every record of a batch the broker's time where the broker stamped it", () => {
    const records = decodeBatches(withAttributes(bytesOf('kafka-clients', 'none'), 8))
    assert.deepEqual(
      records.map(({ timestampMs, batch }) => [timestampMs, batch.timestampType]),
      Array(3).fill([1_700_000_000_123, 1]),
    )
  })
  it('knows marks of transactions and records within one', () => {
    const [{ batch }] = decodeBatches(withAttributes(bytesOf('kafka-clients', 'none'), 16 | 32))
    assert.deepEqual(batch, { timestampType: 0, producerId: '-1', inTransaction: true, isControlBatch: true })
  })
  for (const codec of [5, 6, 7]) {
    it(`rejects codec ${codec}, which nobody knows yet, by its number`, () => {
      assert.throws(() => decodeBatches(withAttributes(bytesOf('kafka-clients', 'zstd'), codec)), {
        code: 'RECORD_UNREADABLE',
        message: `the batch at offset 40 cannot be read: compression codec ${codec} is unknown, known are gzip, snappy, lz4, zstd`,
      })
    })
  }
  for (const [codec, attributes] of [
    ['gzip', 1],
    ['snappy', 2],
    ['lz4', 3],
    ['zstd', 4],
  ] as const) {
    it(`rejects bytes that are not ${codec}, and names it`, () => {
      const message = new RegExp(`^the batch at offset 40 cannot be read: \\d+ bytes are not ${codec}: `)
      assert.throws(() => decodeBatches(withAttributes(bytesOf('kafka-clients', 'none'), attributes)), {
        code: 'RECORD_UNREADABLE',
        message,
      })
    })
  }
  it('rejects a record that ends elsewhere than its length says', () => {
    const bytes = bytesOf('kafka-clients', 'none')
    bytes[61] += 2 // one byte longer, as a zigzag number has it
    assert.throws(() => decodeBatches(bytes), { message: /record 0 of 3 does not end where its length says/ })
  })
  it('rejects a record that is longer than its batch', () => {
    const bytes = bytesOf('kafka-clients', 'none')
    bytes.writeInt32BE(4, 57) // more records than there are
    assert.throws(() => decodeBatches(bytes), { message: /it ends within a number/ })
  })
  it('rejects another format', () => {
    const bytes = bytesOf('kafka-clients', 'none')
    bytes[16] = 3
    assert.throws(() => decodeBatches(bytes), { message: /its format is 3, not 2/ })
  })
})
