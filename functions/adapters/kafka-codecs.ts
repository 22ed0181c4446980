import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { lz4Decompress, snappyDecompress } from '@platformatic/wasm-utils'
import { MillraceError } from '#models/errors.ts'

/** How Java's client frames Snappy: 16 bytes, then blocks, each behind its length. librdkafka writes one block without a frame. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const xerialHeaderBytes = 16

interface Codec {
  readonly name: string
  decompress(bytes: Buffer): Buffer
}

/** Kafka's codecs by their number in a batch's attributes; zstd is newer than the rest, and newer ones may come. */
const codecs: readonly (Codec | undefined)[] = [
  undefined, // 0: as it is
  { name: 'gzip', decompress: bytes => gunzipSync(bytes) },
  { name: 'snappy', decompress: decompressSnappy },
  { name: 'lz4', decompress: lz4Decompress },
  { name: 'zstd', decompress: bytes => zstdDecompressSync(bytes) },
]

/**
 * The records of a batch as they were before they were compressed.
 *
 * @throws MillraceError RECORD_UNREADABLE that names the codec, where it is unknown here or the bytes are not its
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export function decompress(codecNumber: number, bytes: Buffer): Buffer {
  if (codecNumber === 0) return bytes
  const codec = codecs[codecNumber]
  if (codec === undefined) {
    const known = codecs.flatMap(one => one?.name ?? []).join(', ')
    throw new MillraceError('RECORD_UNREADABLE', `compression codec ${codecNumber} is unknown, known are ${known}`)
  }
  try {
    return codec.decompress(bytes)
  } catch (cause) {
    throw new MillraceError('RECORD_UNREADABLE', `${bytes.length} bytes are not ${codec.name}: ${(cause as Error).message}`, { cause })
  }
}

function decompressSnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return snappyDecompress(bytes)
  const blocks: Buffer[] = []
  for (let at = xerialHeaderBytes; at < bytes.length; ) {
    const start = at + 4
    at = start + bytes.readUInt32BE(start - 4)
    blocks.push(snappyDecompress(bytes.subarray(start, at)))
  }
  return Buffer.concat(blocks)
}
