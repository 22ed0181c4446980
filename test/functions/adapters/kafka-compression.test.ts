import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import kafkajs, { type Kafka, type ProducerBatch } from 'kafkajs'
import { compressionTypes } from '#functions/adapters/kafka-compression.ts'
import { kafkaSender } from '#functions/adapters/kafka-sender.ts'
import { makeRandom } from '#models/random.ts'

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}
const codecs = kafkajs.CompressionCodecs as unknown as Readonly<Record<number, () => Codec>>

const random = makeRandom(7)
/** Text as records have it, in which levels differ. */
const words = (bytes: number) =>
  Buffer.from(
    Array.from({ length: bytes / 8 }, () =>
      Math.floor(random() * 5_000)
        .toString(36)
        .padStart(8),
    ).join(''),
  )

/** The fast level of each. */
const fast = {
  gzip: (bytes: Buffer) => gzipSync(bytes, { level: 1 }).byteLength,
  zstd: (bytes: Buffer) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }).byteLength,
}

describe('compression of what is sent', () => {
  for (const way of ['gzip', 'zstd'] as const) {
    it(`with ${way} gives the same bytes back, of nothing and of much`, async () => {
      const { compress, decompress } = codecs[compressionTypes[way]]()
      for (const bytes of [Buffer.alloc(0), Buffer.from('a'), words(300_000), Buffer.alloc(4_000_000, 'x'), randomBytes(600_000)]) {
        assert.ok((await decompress(await compress({ buffer: bytes }))).equals(bytes))
      }
    })
    it(`with ${way} tries harder where a batch remains large`, async () => {
      const { compress } = codecs[compressionTypes[way]]()
      const [small, large] = [words(400_000), words(2_400_000)]
      assert.equal((await compress({ buffer: small })).byteLength, fast[way](small))
      assert.ok((await compress({ buffer: large })).byteLength < 0.95 * fast[way](large))
    })
  }
  it('is none unless the sender is told so', async () => {
    const sent: ProducerBatch[] = []
    const producer = { connect: async () => {}, sendBatch: async (batch: ProducerBatch) => void sent.push(batch) }
    const connect = async () => ({ producer: () => producer }) as unknown as Kafka
    for (const options of [{}, { compression: 'gzip' }, { compression: 'zstd' }] as const) {
      await kafkaSender(connect, options)([{ topic: 't', key: null, value: 'v' }])
    }
    assert.deepEqual(
      sent.map(({ compression }) => compression),
      [0, 1, 4],
    )
  })
})
