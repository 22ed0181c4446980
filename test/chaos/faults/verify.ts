import { createHash } from 'node:crypto'
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import type { Kafka } from 'kafkajs'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { dynamoPredictions } from '#functions/adapters/prediction-table.ts'
import { s3Store } from '#functions/adapters/s3.ts'
import { dynamoState } from '#functions/adapters/state-store.ts'
import { type ArchiveRow, toPrediction } from '#functions/archive/prediction-row.ts'
import { readTallies } from '#functions/counters/read.ts'
import { decodeJson } from '#functions/decode.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import type { FeaturesRecord, Prediction } from '#functions/records.ts'
import { parseRejected } from '#functions/rejected.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { type TopicSuffix, topicName } from '#models/topics.ts'
import { readTopic, toStepRecord } from '../../../cli/read-topic.ts'
import { toKafkaRecord } from '../../../cli/replay/archive-reader.ts'
import type { Deployment } from '../../../localstack/deploy.ts'
import { findLayer, type LayerFindings } from '../check-layer.ts'
import { watchFeatures } from './feature-watch.ts'
import { countOutcomes, type EventOutcomes, placeOf } from './outcomes.ts'
import { readArchived } from './read-archived.ts'
import { type ArchivedFeedback, compareCounts, recount, sumTallies } from './recount.ts'
import { compareWindows, readStateWindows, recomputeWindows } from './windows-again.ts'

/** What a run came to, read from Kafka, the archive and the tables after it has ended. */
export interface Findings extends EventOutcomes, LayerFindings {
  /** Records of topics events and labels. */
  readonly recordsIn: number
  readonly labels: number
  /** Label ids without a pair, and pairs whose truth or place is no label's. */
  readonly labelsLost: number
  readonly labelsWrong: number
  /** Copies that the reading rules leave out: they show that the faults did something. */
  readonly repeated: { readonly features: number; readonly predictions: number; readonly feedback: number }
  /** Events that came again with other features than the first time. */
  readonly featuresChanged: number
  /** Rows of the table that no archived prediction of their id has, or of ids that were not published. */
  readonly tableWrong: number
  /** Records that are in a topic and not in its archive. */
  readonly notArchived: number
  readonly countersDiffer: readonly string[]
  readonly windowsDiffer: readonly string[]
}

const archivedTopics: readonly TopicSuffix[] = ['events', 'labels', 'predictions', 'feedback']

/** Reads all that a run left behind and holds it against what was published. */
export async function verify(options: {
  readonly kafka: Kafka
  readonly pipeline: Pipeline
  readonly deployment: Deployment
  readonly stateTable: string
  /** Ids that the run set out to publish. */
  readonly ids: readonly string[]
}): Promise<Findings> {
  const { kafka, pipeline, deployment, stateTable, ids } = options
  const { outputs } = deployment
  const topicOf = (suffix: TopicSuffix) => topicName(pipeline.name, suffix)
  const eachRecord = async (suffix: TopicSuffix, see: (record: KafkaRecord) => void) => {
    for await (const batch of readTopic({ kafka, topic: topicOf(suffix) })) batch.map(toStepRecord).forEach(see)
  }

  // Kafka
  const places = Object.fromEntries(archivedTopics.map(suffix => [suffix, new Set<string>()])) as Record<TopicSuffix, Set<string>>
  const featureSources = new Map<string, string>()
  const features = watchFeatures()
  const predictionFeatures = watchFeatures()
  const rejectedSources: { readonly topic: string; readonly place: string }[] = []
  const labelTargets = new Map<string, Set<number>>()
  let recordsIn = 0
  for (const suffix of archivedTopics) {
    await eachRecord(suffix, record => {
      places[suffix].add(placeOf(record))
      if (suffix === 'events' || suffix === 'labels') recordsIn++
      if (suffix === 'predictions') predictionFeatures.note(JSON.parse(String(record.value)) as Prediction)
      if (suffix !== 'labels') return
      const json = decodeJson(record)
      const label = json.ok ? pipeline.parseLabel(json.value) : json
      if (!label.ok) return
      const id = pipeline.labelId(label.value)
      if (!labelTargets.has(id)) labelTargets.set(id, new Set())
      labelTargets.get(id)!.add(pipeline.toTarget(label.value))
    })
  }
  await eachRecord('features', record => {
    const row = JSON.parse(String(record.value)) as FeaturesRecord
    featureSources.set(placeOf(record), placeOf(row.source))
    features.note(row)
  })
  await eachRecord('rejected', record => {
    const source = parseRejected(record)?.source
    if (source) rejectedSources.push({ topic: source.topic, place: placeOf(source) })
  })

  // the archive
  const archive = s3Store(outputs.ArchiveBucketName)
  const archived: Partial<Record<TopicSuffix, ArchiveRow[]>> = {}
  let notArchived = 0
  for (const suffix of archivedTopics) {
    const rows = await readArchived(archive, topicOf(suffix))
    archived[suffix] = rows
    const kept = new Set(rows.map(row => placeOf({ topic: topicOf(suffix), partition: Number(row.partition), offset: Number(row.offset) })))
    for (const place of places[suffix]) if (!kept.has(place)) notArchived++
  }
  const predictions = archived.predictions!.map(toPrediction)
  const feedback = archived.feedback!.map((row): ArchivedFeedback => {
    const labelSource = { topic: topicOf('labels'), partition: Number(row.labelPartition), offset: Number(row.labelOffset) }
    return { prediction: toPrediction(row), target: Number(row.target) as 0 | 1, labelPlace: placeOf(labelSource) }
  })
  const paired = new Map<string, Set<number>>()
  for (const { prediction, target } of feedback) {
    if (!paired.has(prediction.id)) paired.set(prediction.id, new Set())
    paired.get(prediction.id)!.add(target)
  }

  // the tables
  const predicted = new Map(predictions.map(({ id, source }) => [placeOf(source), id]))
  const { inTable, tableWrong } = await readTable(outputs.PredictionsTableName, predictions, archived.predictions!)
  const rejected = new Set(
    rejectedSources.flatMap(({ topic, place }) => {
      if (topic === topicOf('events')) return [place]
      return topic === topicOf('features') ? [featureSources.get(place) ?? place] : []
    }),
  )
  const { positiveAtLeast } = pipeline.decide
  const archivedCounts = recount(predictions, feedback, positiveAtLeast)

  return {
    recordsIn,
    ...countOutcomes({ ids, places: places.events, predicted, rejected, inTable }),
    labels: labelTargets.size,
    labelsLost: [...labelTargets.keys()].filter(id => !paired.has(id)).length,
    labelsWrong: feedback.filter(pair => !places.labels.has(pair.labelPlace) || !labelTargets.get(pair.prediction.id)?.has(pair.target))
      .length,
    repeated: {
      features: features.read().repeated,
      predictions: predictionFeatures.read().repeated,
      feedback: feedback.length - paired.size,
    },
    featuresChanged: features.read().changed + predictionFeatures.read().changed,
    tableWrong,
    notArchived,
    countersDiffer: compareCounts(sumTallies(await readTallies(dynamoCounters(outputs.CountersTableName))), archivedCounts),
    windowsDiffer: await checkWindows(pipeline, stateTable, archived),
    ...(await findLayer(pipeline, outputs)),
  }
}

/** The ids of the predictions table, and how many of its rows hold what no archived prediction does. */
async function readTable(
  table: string,
  predictions: readonly Prediction[],
  rows: readonly ArchiveRow[],
): Promise<{ readonly inTable: ReadonlySet<string>; readonly tableWrong: number }> {
  const known = new Map<string, Set<string>>()
  predictions.forEach((prediction, at) => {
    const { value } = rows[at]
    const text = value == null ? JSON.stringify(prediction) : String(Buffer.from(value as Uint8Array))
    if (!known.has(prediction.id)) known.set(prediction.id, new Set())
    known.get(prediction.id)!.add(hash(text))
  })
  const ids = [...known.keys()]
  const store = dynamoPredictions(table)
  const inTable = new Set<string>()
  let tableWrong = (await countItems(table)) - ids.length
  for (let from = 0; from < ids.length; from += 2_000) {
    for (const [id, record] of await store.read(ids.slice(from, from + 2_000))) {
      inTable.add(id)
      if (!known.get(id)!.has(hash(record))) tableWrong++
    }
  }
  return { inTable, tableWrong: Math.max(0, tableWrong) }
}

const hash = (text: string) => createHash('sha1').update(text).digest('base64')

async function countItems(table: string, client = new DynamoDBClient()): Promise<number> {
  let count = 0
  let start: Record<string, never> | undefined
  do {
    const page = await client.send(new ScanCommand({ TableName: table, Select: 'COUNT', ExclusiveStartKey: start }))
    count += page.Count ?? 0
    start = page.LastEvaluatedKey as typeof start
  } while (start)
  return count
}

async function checkWindows(
  pipeline: Pipeline,
  stateTable: string,
  archived: Partial<Record<TopicSuffix, ArchiveRow[]>>,
): Promise<string[]> {
  const plan = pipeline.windows
  if (!plan) return []
  const records = (['events', 'labels'] as const).flatMap(suffix =>
    archived[suffix]!.map(row => toKafkaRecord(topicName(pipeline.name, suffix), row)),
  )
  const wanted = recomputeWindows(pipeline, plan, records)
  const { fromLogs, fromSnapshot } = await readStateWindows(dynamoState(stateTable), plan)
  const named = (what: string, differences: readonly string[]) => differences.map(ring => `${what}: ring ${ring}`)
  return [...named('logs', compareWindows(fromLogs, wanted)), ...named('snapshot', compareWindows(fromSnapshot, wanted))]
}
