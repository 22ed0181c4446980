import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import type { Kafka } from 'kafkajs'
import { dynamoPredictions } from '#functions/adapters/prediction-table.ts'
import { s3Store } from '#functions/adapters/s3.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import type { Source } from '#functions/records.ts'
import { parseRejected } from '#functions/rejected.ts'
import { type TopicSuffix, topicName } from '#models/topics.ts'
import { readTopic, toStepRecord } from '../../../cli/read-topic.ts'
import type { Deployment } from '../../../localstack/deploy.ts'
import { placeOf } from '../faults/outcomes.ts'
import type { Evidence, Found } from './outcome.ts'

/** What our own records of any kind say, as far as it is there: strangers write to their topics too. */
interface OwnRecord {
  readonly id?: unknown
  readonly source?: Source
  readonly labelSource?: Source
}

/** Reads how the records of a run have ended: from Kafka, the tables, and the bucket of what Lambda gave up. */
export async function readEvidence(options: {
  readonly kafka: Kafka
  readonly pipelineName: string
  readonly outputs: Deployment['outputs']
}): Promise<Pick<Evidence, 'events' | 'labels' | 'found' | 'inTable'>> {
  const { kafka, pipelineName, outputs } = options
  const readAll = async (suffix: TopicSuffix, see: (record: KafkaRecord) => void) => {
    for await (const batch of readTopic({ kafka, topic: topicName(pipelineName, suffix) })) batch.map(toStepRecord).forEach(see)
  }
  const places = async (suffix: TopicSuffix) => {
    const all = new Set<string>()
    await readAll(suffix, record => all.add(placeOf(record)))
    return all
  }

  const found: Found[] = []
  const eventOf = new Map<string, string>() // of a features record, by its place
  await readAll('features', record => {
    const { source } = parseOwn(record)
    if (source?.topic === topicName(pipelineName, 'events')) eventOf.set(placeOf(record), placeOf(source))
  })
  await readAll('predictions', record => {
    const { source, id } = parseOwn(record)
    if (source) found.push({ place: placeOf(source), as: 'predicted', id: String(id) })
  })
  await readAll('feedback', record => {
    const { labelSource, id } = parseOwn(record)
    if (labelSource) found.push({ place: placeOf(labelSource), as: 'paired', id: String(id) })
  })
  await readAll('rejected', record => {
    const rejection = parseRejected(record)
    if (!rejection) return
    const { source, code, step, reason } = rejection
    const as = code === 'LABEL_REPLACED' ? 'replaced' : 'rejected'
    const why = `${code} by ${step}: ${reason}`
    found.push({ place: eventOf.get(placeOf(source)) ?? placeOf(source), as, why })
  })
  for (const place of await readWaiting(outputs.WaitingTableName)) found.push({ place, as: 'waiting' })
  for (const place of await readFailures(outputs.FailuresBucketName)) found.push({ place, as: 'putAside' })

  const ids = [...new Set(found.flatMap(({ as, id }) => (as === 'predicted' ? id! : [])))].filter(
    id => id !== '' && Buffer.byteLength(id) <= 2_048,
  )
  return {
    events: await places('events'),
    labels: await places('labels'),
    found,
    inTable: await readIds(outputs.PredictionsTableName, ids),
  }
}

function parseOwn({ value }: KafkaRecord): OwnRecord {
  try {
    return Object(JSON.parse(String(value)))
  } catch {
    return {}
  }
}

/** Places of the labels that wait. */
async function readWaiting(table: string, client = new DynamoDBClient()): Promise<string[]> {
  const found: string[] = []
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table })) {
    for (const { record } of Items) if (record?.S !== undefined) found.push(placeOf(JSON.parse(record.S) as Source))
  }
  return found
}

/** Places of the records that Lambda gave up. */
async function readFailures(bucket: string): Promise<string[]> {
  const store = s3Store(bucket)
  const found: string[] = []
  for (const key of await store.list('aws/lambda/')) {
    const object = await store.get(key)
    const { payload } = JSON.parse(Buffer.from(object!.body).toString()) as { readonly payload: string }
    const { records } = JSON.parse(payload) as { readonly records: Readonly<Record<string, readonly Source[]>> }
    for (const record of Object.values(records).flat()) found.push(placeOf(record))
  }
  return found
}

async function readIds(table: string, ids: readonly string[]): Promise<Set<string>> {
  const store = dynamoPredictions(table)
  const there = new Set<string>()
  for (let from = 0; from < ids.length; from += 2_000) {
    for (const id of (await store.read(ids.slice(from, from + 2_000))).keys()) there.add(id)
  }
  return there
}
