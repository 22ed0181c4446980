import type { PipelineTopic, TopicSuffix } from '#models/topics.ts'
import type { StoreName } from './stores.ts'

/** A topic that every pipeline has, or each input of the definition. */
export type TopicChoice = TopicSuffix | 'inputs'

/** One topic that triggers a step: the most records a batch holds, and the longest that Lambda gathers them; absent, its own half second. */
export interface TopicRead {
  readonly topic: TopicChoice
  readonly batchSize: number
  readonly windowSec?: number
  /** Where `windows`, it is read only if the definition's windows or joins keep something of it, and as freshly as the setting labelWindowSec says. */
  readonly onlyFor?: 'windows'
}

/** What any step needs to run. `uses` holds the actions it may call on each store; the store's name is its variable in the environment. */
export interface Step {
  readonly name: string
  readonly memoryMb: number
  readonly timeoutSec: number
  readonly uses: Partial<Readonly<Record<StoreName, readonly string[]>>>
  /** The objects of each bucket that it uses: prefixes that end in a slash, or keys; `<pipeline>` stands for the pipeline's name, `<input>` for each input's. */
  readonly under?: Partial<Readonly<Record<StoreName, readonly string[]>>>
  readonly natives: readonly NativePackage[]
}

/** A step that Lambda calls with batches of records. */
export interface KafkaStepRow extends Step {
  readonly reads: readonly TopicRead[]
  readonly writes: readonly TopicSuffix[]
  /** The count, beside `rejected`, of what it judges, where it also reads records that it never rejects; absent: it judges all that comes. */
  readonly accepts?: string
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
const putsClaims = ['s3:PutObject']
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

/** The steps that Kafka triggers, in the data's order. */
export const kafkaSteps: readonly KafkaStepRow[] = [
  {
    name: 'preprocess',
    reads: [
      { topic: 'events', batchSize: 5_000 },
      { topic: 'labels', batchSize: 5_000, windowSec: 5, onlyFor: 'windows' }, // windows reach back hours: seconds later is soon enough
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
    under: { MODEL_BUCKET: modelObjects, ARCHIVE_BUCKET: rejectionClaims },
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
    name: 'join',
    reads: [{ topic: 'labels', batchSize: 10_000, windowSec: 2 }], // the truth is late anyway: waiting lets its prediction be delivered
    writes: ['feedback', 'rejected'],
    uses: {
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
    name: 'archive',
    reads: [
      { topic: 'events', batchSize: 5_000, windowSec: 2 },
      { topic: 'labels', batchSize: 5_000, windowSec: 2 },
      { topic: 'inputs', batchSize: 5_000, windowSec: 2 },
      { topic: 'predictions', batchSize: 5_000, windowSec: 2 },
      { topic: 'feedback', batchSize: 5_000, windowSec: 2 },
    ],
    writes: [],
    uses: { ARCHIVE_BUCKET: ['s3:PutObject'] },
    under: { ARCHIVE_BUCKET: ['events', 'labels', '<input>', 'predictions', 'feedback'].map(topic => `<pipeline>.${topic}/`) },
    natives: [],
    memoryMb: 1_024,
    timeoutSec: 60,
  },
  {
    name: 'evaluate',
    // A batch costs its partitions' counters once, however many rows it has; whoever reads them asks every quarter of a minute at most
    reads: [
      { topic: 'predictions', batchSize: 5_000, windowSec: 30 },
      { topic: 'feedback', batchSize: 5_000, windowSec: 30 },
    ],
    writes: [],
    uses: { COUNTERS_TABLE: ['dynamodb:BatchGetItem', 'dynamodb:PutItem'] },
    natives: [],
    memoryMb: 1_024,
    timeoutSec: 60,
  },
]

/** The steps that a schedule triggers. */
export const scheduledSteps: readonly ScheduledStepRow[] = [
  {
    name: 'retrain',
    uses: { ARCHIVE_BUCKET: readsObjects, MODEL_BUCKET: [...readsObjects, 's3:PutObject'] },
    under: { ARCHIVE_BUCKET: ['<pipeline>.feedback/'], MODEL_BUCKET: modelObjects },
    natives: ['onnxruntime-node', '@duckdb/node-api'],
    memoryMb: 3_008,
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

/** Counts of steps that are 0 while all is well: any in five minutes raises. */
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
] as const

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
      .filter(({ feedsWindows }) => feedsWindows || read.onlyFor !== 'windows')
      .map(topic => ({ ...read, topic })),
  )
}

/** A step's name as a construct id and in outputs. @example toId('preprocess') // 'Preprocess' */
export const toId = (name: string) => name.replace(/(^|-)(\w)/g, (_match, _dash, letter: string) => letter.toUpperCase())
