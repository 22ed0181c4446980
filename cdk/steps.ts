import type { PipelineTopic, TopicSuffix } from '#models/topics.ts'
import type { StoreName } from './stores.ts'

/** A topic that every pipeline has, or each input of the definition. */
export type TopicChoice = TopicSuffix | 'inputs'

/** One topic that triggers a step: the most records a batch holds, and the longest that Lambda gathers them; absent, its own half second. */
export interface TopicRead {
  readonly topic: TopicChoice
  readonly batchSize: number
  readonly windowSec?: number
  /** Read only if the definition's windows or joins keep something of it, or only if it has an online layer. */
  readonly onlyFor?: 'windows' | 'layer'
  /** The setting that may take the place of `windowSec`. */
  readonly windowSetting?: 'labelWindowSec'
}

/** What any step needs to run. `uses` holds the actions it may call on each store; the store's name is its variable in the environment. */
export interface Step {
  readonly name: string
  readonly memoryMb: number
  readonly timeoutSec: number
  readonly uses: Partial<Readonly<Record<StoreName, readonly string[]>>>
  /** The objects of each bucket that it uses: prefixes that end in a slash, or keys; `<pipeline>` stands for the pipeline's name, `<input>` for each input's. */
  readonly under?: Partial<Readonly<Record<StoreName, readonly string[]>>>
  /** Where it may put objects, if not wherever it may read them. */
  readonly putsUnder?: Partial<Readonly<Record<StoreName, readonly string[]>>>
  readonly natives: readonly NativePackage[]
  /** Of /tmp; absent, Lambda's own 512 MB. */
  readonly diskMb?: number
}

/** A step that Lambda calls with batches of records. */
export interface KafkaStepRow extends Step {
  readonly reads: readonly TopicRead[]
  readonly writes: readonly TopicSuffix[]
  /** The count, beside `rejected`, of what it judges, where it also reads records that it never rejects; absent: it judges all that comes. */
  readonly accepts?: string
  /** Its batches write one object: one poller, so that they come one after another; where two meet all the same, the second does its work anew. */
  readonly isSingleWriter?: true
}

/** A step that a clock triggers: every so many minutes, or as often as the definition's `retrain.everyMs` says. */
export interface ScheduledStepRow extends Step {
  readonly everyMinutes?: number
}

/** A step that HTTP triggers, one path for each topic that it writes. */
export interface HttpStepRow extends Step {
  readonly writes: readonly TopicChoice[]
  /** How many run at once: each holds connections to every broker. */
  readonly concurrencyAtMost: number
}

/** Packages with compiled code: copied into the bundle, not bundled. */
export type NativePackage = 'onnxruntime-node' | '@duckdb/node-api'

const readsObjects = ['s3:GetObject', 's3:ListBucket'] // without the list, a missing key answers 403, not 404
const oneCpuMb = 1_769 // Lambda gives one whole vCPU at this size
const modelObjects = ['bundles/<pipeline>/', 'champions/<pipeline>.json']
const layerObjects = ['layers/<pipeline>/']
const putsClaims = ['s3:PutObject']
const archivedTopics = ['events', 'labels', '<input>', 'predictions', 'feedback']
const rejectionClaims = ['claims/<pipeline>.rejected/'] // payloads of rejections that are too large for their topic

/** The steps that HTTP triggers. */
export const httpSteps: readonly HttpStepRow[] = [
  {
    name: 'collect',
    writes: ['events', 'labels', 'inputs'],
    uses: {},
    natives: [],
    memoryMb: 1_024,
    timeoutSec: 25,
    concurrencyAtMost: 50,
  },
]

/**
 * A batch of archive is an object for each partition. Six partitions of five topics make 0.5 objects a second at a minute, 7 dollars of writes a
 * month, where two seconds made up to 15 and 194 dollars. Twice as long would save 3 dollars more, and from 80 records a second of a topic on
 * nothing, since 5,000 records end a batch. What reads the archive waits a minute more for the last records: replay, parity and rebuild, which look
 * back hours, and retrain, which runs every few hours. Kafka keeps what is not archived yet for days, so that nothing is at risk meanwhile.
 */
const archiveWindow = { windowSec: 60 } as const

/** The steps that Kafka triggers, in the data's order. */
export const kafkaSteps: readonly KafkaStepRow[] = [
  {
    name: 'preprocess',
    reads: [
      { topic: 'events', batchSize: 5_000 },
      { topic: 'inputs', batchSize: 5_000, onlyFor: 'windows' },
    ],
    writes: ['features', 'rejected'],
    accepts: 'accepted',
    uses: {
      STATE_TABLE: ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
      ARCHIVE_BUCKET: putsClaims,
    },
    under: { ARCHIVE_BUCKET: rejectionClaims },
    natives: [],
    memoryMb: 1_024,
    timeoutSec: 60,
  },
  {
    name: 'infer',
    reads: [{ topic: 'features', batchSize: 5_000 }],
    writes: ['predictions', 'rejected'],
    uses: { MODEL_BUCKET: readsObjects, ARCHIVE_BUCKET: putsClaims },
    under: { MODEL_BUCKET: [...modelObjects, ...layerObjects], ARCHIVE_BUCKET: rejectionClaims },
    natives: ['onnxruntime-node'],
    memoryMb: oneCpuMb,
    timeoutSec: 60,
  },
  {
    name: 'deliver',
    reads: [
      { topic: 'predictions', batchSize: 5_000 },
      { topic: 'rejected', batchSize: 5_000, windowSec: 2 }, // a label for such an event need not wait
    ],
    writes: ['feedback', 'rejected'],
    accepts: 'delivered',
    uses: {
      PREDICTIONS_TABLE: ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem'],
      WAITING_TABLE: ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem', 'dynamodb:DeleteItem'],
      ALERTS_TOPIC_ARN: ['sns:Publish'],
      ARCHIVE_BUCKET: putsClaims,
    },
    under: { ARCHIVE_BUCKET: rejectionClaims },
    natives: [],
    memoryMb: 1_024,
    timeoutSec: 60,
  },
  {
    name: 'join', // and counts labels in the windows, in the same function: a mapping fewer, so that ten pollers, one unit, serve a pipeline
    // The truth is late anyway: waiting lets its prediction be delivered; and windows reach back hours
    reads: [{ topic: 'labels', batchSize: 5_000, windowSec: 5, windowSetting: 'labelWindowSec' }],
    writes: ['feedback', 'rejected'],
    uses: {
      STATE_TABLE: ['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:Query'], // it adds to logs; preprocess makes pages of them
      PREDICTIONS_TABLE: ['dynamodb:BatchGetItem'],
      WAITING_TABLE: ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      ARCHIVE_BUCKET: putsClaims,
    },
    under: { ARCHIVE_BUCKET: rejectionClaims },
    natives: [],
    memoryMb: 1_024,
    timeoutSec: 60,
  },
  {
    name: 'adapt',
    // A batch is one write of the state, whatever is in it. Labels are five seconds old by now; at one second writes would cost 13 dollars a month
    reads: [{ topic: 'feedback', batchSize: 5_000, windowSec: 6, onlyFor: 'layer' }],
    writes: [],
    uses: {
      MODEL_BUCKET: [...readsObjects, 's3:PutObject'],
      COUNTERS_TABLE: ['dynamodb:BatchGetItem', 'dynamodb:PutItem'],
    },
    under: { MODEL_BUCKET: layerObjects },
    natives: [],
    isSingleWriter: true,
    memoryMb: 512,
    timeoutSec: 60,
  },
  {
    name: 'archive', // and evaluate, in the same function: two mappings fewer, as above
    reads: [
      { topic: 'events', batchSize: 5_000, ...archiveWindow },
      { topic: 'labels', batchSize: 5_000, ...archiveWindow },
      { topic: 'inputs', batchSize: 5_000, ...archiveWindow },
      // A batch costs its partitions' counters once, however many rows it has: they are as late as the objects
      { topic: 'predictions', batchSize: 5_000, ...archiveWindow },
      { topic: 'feedback', batchSize: 5_000, ...archiveWindow },
    ],
    writes: [],
    uses: { ARCHIVE_BUCKET: ['s3:PutObject'], COUNTERS_TABLE: ['dynamodb:BatchGetItem', 'dynamodb:PutItem'] },
    under: { ARCHIVE_BUCKET: archivedTopics.map(topic => `<pipeline>.${topic}/`) },
    natives: [],
    memoryMb: 1_024,
    timeoutSec: 120,
  },
]

/** The steps that a schedule triggers. */
export const scheduledSteps: readonly ScheduledStepRow[] = [
  {
    name: 'compact',
    everyMinutes: 20, // above its timeout and how late a turn may begin, so that runs do not overlap
    // It alone may remove what is archived; the bucket keeps what was removed for 30 days (cdk/stores.ts)
    uses: { ARCHIVE_BUCKET: [...readsObjects, 's3:PutObject', 's3:DeleteObject'] },
    under: { ARCHIVE_BUCKET: archivedTopics.flatMap(topic => [`<pipeline>.${topic}/`, `compacted/<pipeline>.${topic}/`]) },
    natives: ['@duckdb/node-api'],
    memoryMb: 3_008,
    diskMb: 10_240, // an hour of 500 predictions a second: its objects, what the sort spills, what it writes
    timeoutSec: 900,
  },
  {
    name: 'retrain',
    uses: { ARCHIVE_BUCKET: [...readsObjects, 's3:PutObject'], MODEL_BUCKET: [...readsObjects, 's3:PutObject'] },
    under: {
      ARCHIVE_BUCKET: ['<pipeline>.feedback/', 'compacted/<pipeline>.feedback/', 'training/<pipeline>/'],
      MODEL_BUCKET: modelObjects,
    },
    putsUnder: { ARCHIVE_BUCKET: ['training/<pipeline>/'] }, // rows that it prepared; what is archived it only reads
    natives: ['onnxruntime-node', '@duckdb/node-api'],
    memoryMb: 3_008, // sets how many rows it trains on: functions/retrain/row-limit.ts
    diskMb: 4_096, // the rows of a training at 8 bytes a value, what the query spills of them, and three compacted objects (functions/compact/README.md)
    timeoutSec: 900,
  },
  {
    name: 'watch',
    everyMinutes: 60, // an hour of live labels is the least that it counts
    uses: { COUNTERS_TABLE: ['dynamodb:BatchGetItem', 'dynamodb:Query'], MODEL_BUCKET: [...readsObjects, 's3:PutObject'] },
    under: { MODEL_BUCKET: modelObjects },
    natives: [],
    memoryMb: 1_024,
    timeoutSec: 60,
  },
]

interface FaultCount {
  readonly step: string
  readonly count: string
  readonly metric?: string
  readonly about: string
}

/** Counts of steps that are 0 while all is well: any in five minutes raises. `metric` is the name of a scheduled step's. */
export const faultCounts = [
  {
    step: 'deliver',
    count: 'refusedNotifications',
    about: 'deliver could not notify: SNS refuses a message for good; its log names the prediction',
  },
  {
    step: 'infer',
    count: 'unscoredWithChampion',
    about: 'infer writes predictions without a score although there is a champion; its log says why it has no model',
  },
  {
    step: 'compact',
    count: 'behindHours',
    metric: 'BehindHours',
    about: 'compact is behind: hours that ended more than six hours ago are not compacted; its log says what it did, and what failed',
  },
  {
    step: 'compact',
    count: 'failedHours',
    metric: 'FailedHours',
    about:
      'compact could not close or clean an hour of the archive; its log says which and why, nothing was removed, and it is tried again',
  },
  {
    step: 'compact',
    count: 'refusedObjects',
    metric: 'RefusedObjects',
    about:
      "compact found objects of the archive that are no Parquet; the hour's manifest names them: restore them from the bucket's versions",
  },
] as const satisfies readonly FaultCount[]

/** Makes the topics where no AWS API does; a deployment calls it. */
export const topicMaker: Step = { name: 'topics', uses: {}, natives: [], memoryMb: 256, timeoutSec: 120 }

/** Every folder of functions/ that is bundled. */
export const allSteps: readonly Step[] = [...httpSteps, ...kafkaSteps, ...scheduledSteps, topicMaker]

/** The topics of a pipeline that a choice stands for. @example pickTopics(topicsOf(pipeline), 'inputs')[0].name // 'payments.limits' */
export function pickTopics(topics: readonly PipelineTopic[], choice: TopicChoice): PipelineTopic[] {
  return topics.filter(({ kind }) => (choice === 'inputs' ? kind === 'table' || kind === 'stream' : kind === choice))
}

/** What a step reads of a pipeline: the settings of its row for each topic that they stand for. */
export function readsOf({ reads }: KafkaStepRow, topics: readonly PipelineTopic[]) {
  return reads.flatMap(read =>
    pickTopics(topics, read.topic)
      .filter(({ feedsWindows, feedsLayer }) => read.onlyFor === undefined || (read.onlyFor === 'layer' ? feedsLayer : feedsWindows))
      .map(topic => ({ ...read, topic })),
  )
}

/** A step's name as a construct id and in outputs. @example toId('preprocess') // 'Preprocess' */
export const toId = (name: string) => name.replace(/(^|-)(\w)/g, (_match, _dash, letter: string) => letter.toUpperCase())
