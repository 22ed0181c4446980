import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Decoded, Refusal } from './decode.ts'
import { splitHeaders } from './headers.ts'
import { shortKey } from './partition-key.ts'
import type { KafkaRecord, ObjectStore, OutgoingRecord, SendRecords } from './ports.ts'
import { recordBytes, recordBytesAtMost } from './record-bytes.ts'

/** Where the payload of a record lies, as JSON; empty on a record that is whole and whose producer named a header so. */
const claimHeader = 'millrace-claim'

const claim = z.object({ key: z.string(), bytes: z.number(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })

/** A record's payload as it lies in the bucket: bytes in base64. */
interface Payload {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** A topic whose records may be claims, and the names of the headers that we put on its records: they stay on them. */
export interface ClaimTopic {
  readonly topic: string
  readonly ourNames: readonly string[]
}

/**
 * A sender for which no record of this topic is too large: one that is larger than a topic takes goes as a claim check. Its key, value and
 * own headers are put into the bucket first, named by their hash, so that what comes again overwrites itself; the record has our headers
 * and one that says where the rest lies. A long key goes too, and its hash stands for it: one key, one partition.
 *
 * @example const send = withClaims(clusterSender(config), { store: s3Store(config.ARCHIVE_BUCKET), ...rejectionClaims('flights') })
 * @see https://www.enterpriseintegrationpatterns.com/patterns/messaging/StoreInLibrary.html
 */
export function withClaims(send: SendRecords, options: ClaimTopic & { readonly store: Pick<ObjectStore, 'put'> }): SendRecords {
  const { topic, ourNames, store } = options
  return async records => send(await Promise.all(records.map(record => (record.topic === topic ? toFitting(record) : record))))

  function toFitting(record: OutgoingRecord): OutgoingRecord | Promise<OutgoingRecord> {
    if (recordBytes(record) > recordBytesAtMost) return leavePayload(record)
    const { headers = [] } = record
    return headers.some(([name]) => name === claimHeader) ? { ...record, headers: [...headers, [claimHeader, '']] } : record
  }

  async function leavePayload({ key, value, headers = [] }: OutgoingRecord): Promise<OutgoingRecord> {
    const [own, ours] = splitHeaders(headers, ourNames)
    const payload: Payload = { key: toBase64(key), value: toBase64(value), headers: own.map(([name, bytes]) => [name, toBase64(bytes)]) }
    const body = Buffer.from(JSON.stringify(payload))
    const sha256 = toSha256(body)
    const objectKey = toObjectKey(topic, sha256)
    await store.put(objectKey, body)
    const where = JSON.stringify({ key: objectKey, bytes: body.byteLength, sha256 } satisfies z.output<typeof claim>)
    return { topic, key: key === null ? null : shortKey(key), value: null, headers: [...ours, [claimHeader, where]] }
  }
}

/**
 * A record of a topic of claims with its payload, wherever that lies: key, value and headers byte for byte, then our headers.
 *
 * Refused as RECORD_INVALID where the payload is gone, is not what was put there, or is said to lie where no record of the topic's does.
 *
 * @throws what the store throws
 */
export async function readClaim(record: KafkaRecord, store: Pick<ObjectStore, 'get'>): Promise<Decoded<KafkaRecord>> {
  const [headers, [pair]] = splitHeaders(record.headers, [claimHeader])
  if (pair === undefined) return { ok: true, value: record }
  const [, bytes] = pair
  if (bytes.byteLength === 0) return { ok: true, value: { ...record, headers } }
  const where = parseClaim(bytes)
  if (where === undefined || where.key !== toObjectKey(record.topic, where.sha256)) return refuse(`${claimHeader} names no payload of ours`)
  const stored = await store.get(where.key)
  if (stored === undefined) return refuse(`its payload ${where.key} is not in the bucket`)
  if (toSha256(stored.body) !== where.sha256) return refuse(`its payload ${where.key} is not what was put there`)
  const payload = JSON.parse(Buffer.from(stored.body).toString()) as Payload
  const own = payload.headers.map(([name, value]) => [name, Buffer.from(value, 'base64')] as const)
  return { ok: true, value: { ...record, key: toBytes(payload.key), value: toBytes(payload.value), headers: [...own, ...headers] } }
}

function parseClaim(bytes: Buffer): z.output<typeof claim> | undefined {
  try {
    return claim.parse(JSON.parse(bytes.toString()))
  } catch {
    return undefined
  }
}

/** The stack's permissions and its lifecycle rule know the prefix: `cdk/steps.ts`, `cdk/stores.ts`. */
const toObjectKey = (topic: string, sha256: string) => `claims/${topic}/${sha256}.json`

const toSha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const refuse = (reason: string): Refusal => ({ ok: false, code: 'RECORD_INVALID', reason })

function toBase64<Content extends Buffer | string | null>(content: Content): Content extends null ? null : string
function toBase64(content: Buffer | string | null): string | null {
  return content === null ? null : Buffer.from(content as Buffer).toString('base64')
}

function toBytes(base64: string | null): Buffer | null {
  return base64 === null ? null : Buffer.from(base64, 'base64')
}
