import { toHeaderObject } from '#functions/adapters/kafka-headers.ts'
import type { KafkaRecord, OutgoingRecord } from '#functions/ports.ts'

/** A sent record as a consumer gets it: in bytes, its headers of one name side by side, as kafkajs writes them. */
export function toConsumed({ topic, key, value, headers = [] }: OutgoingRecord, place: Partial<KafkaRecord> = {}): KafkaRecord {
  const toBytes = (content: Buffer | string | null) => (content === null ? null : Buffer.from(content))
  const pairs = Object.entries(toHeaderObject(headers)).flatMap(([name, all]) =>
    (all as (Buffer | string)[]).map(one => [name, Buffer.from(one)] as const),
  )
  return { topic, partition: 0, offset: 5, recordedAtMs: 9, key: toBytes(key), value: toBytes(value), headers: pairs, ...place }
}
