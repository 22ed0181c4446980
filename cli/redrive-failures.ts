import { z } from 'zod'
import type { Header } from '#functions/adapters/kafka-batches.ts'
import type { ObjectStore } from '#functions/ports.ts'
import type { Span, TopicRecord } from './read-topic.ts'
import type { Candidate, Found } from './redrive-records.ts'

/**
 * Why Lambda gives a batch up, as its record says.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
 */
export const failureConditions = ['RetryAttemptsExhausted', 'RecordAgeExceeded', 'MaximumPayloadSizeExceeded'] as const

/** Where Lambda puts what it gives up; the rest of a key is told apart by nothing here. */
const failurePrefix = 'aws/lambda/'

export interface FailureSource {
  readonly bucket: Pick<ObjectStore, 'list' | 'get'>
  /** The records of these offsets that their topic still has; none where the topic is not there. */
  fetch(topic: string, spans: ReadonlyMap<number, Span>): Promise<readonly TopicRecord[]>
  /** What a function is called in filters and counts: the step that it runs. */
  stepOf(functionName: string): string
  /** Told the share of the objects that were read, from 0 to 1. */
  readonly onRatio?: (ratio: number) => void
}

const partitionInfo = z.object({
  firstRecordOffset: z.coerce.number(),
  lastRecordOffset: z.coerce.number(),
  firstRecordTimestamp: z.string(),
})

/** Lambda's record of a batch that it gave up, as far as it is read; `payload` is the whole event, as text. */
const failureRecord = z.object({
  requestContext: z.object({ functionArn: z.string(), condition: z.string() }),
  timestamp: z.string(),
  KafkaBatchInfo: z.object({ batchSize: z.number(), recordsInfo: z.record(z.string(), partitionInfo) }),
  payload: z.string().optional(),
})

type FailureRecord = z.output<typeof failureRecord>

/** A record of the event that was not processed; headers are read by hand, since they may have any name. */
interface EventRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key?: string | null
  readonly value?: string | null
  readonly headers?: readonly (Readonly<Record<string, readonly number[] | null>> | null)[] | null
}

/**
 * What Lambda gave up, object by object, in the order in which it was given up, which keeps that of each partition.
 *
 * Each object is read twice, since the names tell the time to a second only, and not all of them fit in memory. Content that an object does not hold is fetched from its topic. The objects are left as they are: the bucket's lifecycle takes them, and
 * the ledger knows what went back.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
 */
export async function* readFailures(source: FailureSource): AsyncGenerator<readonly Found[]> {
  const keys = await source.bucket.list(failurePrefix)
  const givenUp: { readonly key: string; readonly atMs: number }[] = []
  let readCount = 0
  const read = async (key: string) => {
    const failure = await readObject(source.bucket, key)
    source.onRatio?.(++readCount / (2 * keys.length))
    return failure
  }
  for (const key of keys) {
    const failure = await read(key)
    if (failure === 'unknown' || failure === 'gone') yield [failure]
    else if (failure !== undefined) givenUp.push({ key, atMs: Date.parse(failure.timestamp) })
  }
  for (const { key } of givenUp.toSorted((a, b) => a.atMs - b.atMs)) {
    const failure = await read(key)
    if (typeof failure === 'object') yield await toFound(failure, source)
  }
}

/** Undefined where it is not there any more; `gone` where it is cut, and nobody can tell what was in it. */
async function readObject(bucket: FailureSource['bucket'], key: string): Promise<FailureRecord | 'unknown' | 'gone' | undefined> {
  const object = await bucket.get(key)
  if (object === undefined) return undefined
  const json = parseJson(Buffer.from(object.body).toString())
  if (json === undefined) return 'gone'
  const parsed = failureRecord.safeParse(json)
  return parsed.success ? parsed.data : 'unknown'
}

async function toFound(failure: FailureRecord, source: FailureSource): Promise<readonly Found[]> {
  const about = {
    code: failure.requestContext.condition,
    step: source.stepOf(failure.requestContext.functionArn.split(':').at(-1)!),
    atMs: Date.parse(failure.timestamp),
    attempts: 0, // no header counts them, since the record goes back as it was
  }
  const held = readPayload(failure.payload)
  const records = held ?? (await fetchRecords(failure, source))
  if (records === 'unknown') return ['unknown']
  const missingCount = held ? 0 : failure.KafkaBatchInfo.batchSize - records.length
  return [...records.map(record => ({ ...toRedriven(record), ...about })), ...Array<'gone'>(missingCount).fill('gone')]
}

/** A record back to its own place, with nothing added: what it carried, a step of ours may have written. */
function toRedriven({ topic, partition, offset, recordedAtMs, key, value, headers }: TopicRecord) {
  const outgoing: Candidate['outgoing'] = { topic, key, value, headers }
  return { outgoing, partition, place: `${topic}/${partition}/${offset}/${recordedAtMs}` }
}

/** The records of the event; undefined where it is not there, or not whole. */
function readPayload(payload: string | undefined): TopicRecord[] | undefined {
  const event = parseJson(payload ?? '') as { readonly records?: Readonly<Record<string, readonly EventRecord[]>> } | undefined
  return event?.records && Object.values(event.records).flat().map(toTopicRecord)
}

function toTopicRecord({ topic, partition, offset, timestamp, key, value, headers }: EventRecord): TopicRecord {
  return {
    topic,
    partition,
    offset,
    recordedAtMs: timestamp,
    key: toBytes(key),
    value: toBytes(value),
    headers: (headers ?? []).flatMap(header => (header === null ? [] : toHeaders(header))),
  }
}

const toBytes = (base64: string | null | undefined) => (typeof base64 === 'string' ? Buffer.from(base64, 'base64') : null)

/** Lambda's header bytes may be signed. */
function toHeaders(header: Readonly<Record<string, readonly number[] | null>>): Header[] {
  return Object.entries(header).map(([name, bytes]) => [name, bytes && Buffer.from(bytes.map(byte => byte & 0xff))] as const)
}

/** The batch's records as their topics have them; unknown where a topic has more in its place, so that nobody can tell which they were. */
async function fetchRecords({ KafkaBatchInfo }: FailureRecord, { fetch }: FailureSource): Promise<readonly TopicRecord[] | 'unknown'> {
  const { batchSize, recordsInfo } = KafkaBatchInfo
  const records: TopicRecord[] = []
  for (const [place, { firstRecordOffset, lastRecordOffset, firstRecordTimestamp }] of Object.entries(recordsInfo)) {
    const dash = place.lastIndexOf('-') // a topic's name may hold dashes
    const [topic, partition] = [place.slice(0, dash), Number(place.slice(dash + 1))]
    const there = await fetch(topic, new Map([[partition, { low: firstRecordOffset, high: lastRecordOffset + 1 }]]))
    const isSameTopic = there[0]?.offset !== firstRecordOffset || there[0].recordedAtMs === Date.parse(firstRecordTimestamp)
    if (isSameTopic) records.push(...there) // else the topic was made anew, and these are others
  }
  return records.length > batchSize ? 'unknown' : records
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
