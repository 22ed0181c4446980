import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import kafkajs from 'kafkajs'

/** How sent batches are compressed. */
export type Compression = 'none' | 'gzip' | 'zstd'

/** Kafka's numbers of the codecs. */
export const compressionTypes = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  zstd: kafkajs.CompressionTypes.ZSTD,
} as const satisfies Record<Compression, number>

/** Half of the 1 MiB that a topic takes: a larger batch is worth a slow try. */
const largeBytes = 524_288

const zstdLevel = (level: number) => ({ params: { [constants.ZSTD_c_compressionLevel]: level } })

/**
 * The codecs of kafkajs, which has no zstd and takes gzip's default level, twice as slow as the first and a seventh smaller
 * (`npm run bench -- compression`). A batch that remains large at the first level is compressed at a slow one, since a topic may refuse it.
 *
 * @see https://kafka.js.org/docs/producing#message-compression
 */
Object.assign(kafkajs.CompressionCodecs, {
  [compressionTypes.gzip]: () => ({
    compress: async ({ buffer }: { readonly buffer: Buffer }) => smallest(level => gzipSync(buffer, { level }), 9),
    decompress: async (buffer: Buffer) => gunzipSync(buffer),
  }),
  [compressionTypes.zstd]: () => ({
    compress: async ({ buffer }: { readonly buffer: Buffer }) => smallest(level => zstdCompressSync(buffer, zstdLevel(level)), 12),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
  }),
})

function smallest(compress: (level: number) => Buffer, slowLevel: number): Buffer {
  const fast = compress(1)
  return fast.byteLength <= largeBytes ? fast : compress(slowLevel)
}
