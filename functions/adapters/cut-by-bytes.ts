import type { OutgoingRecord } from '../ports.ts'
import { recordBytes } from '../record-bytes.ts'

/** kafkajs packs one send to a partition into one record batch, and a broker takes 1 MiB: bytes of keys, values and headers in one send. */
const bytesPerSend = 900_000

/**
 * Pieces that fit the broker's 1 MiB a batch, in order; a record that is too long by itself stands alone.
 *
 * @example for (const piece of cutByBytes(records)) await producer.send({ topic, messages: piece })
 */
export function* cutByBytes<R extends Pick<OutgoingRecord, 'key' | 'value' | 'headers'>>(records: readonly R[]): Generator<R[]> {
  let from = 0
  let bytes = 0
  for (let at = 0; at < records.length; at++) {
    const size = recordBytes(records[at])
    if (at > from && bytes + size > bytesPerSend) {
      yield records.slice(from, at)
      from = at
      bytes = 0
    }
    bytes += size
  }
  if (from < records.length) yield records.slice(from)
}
