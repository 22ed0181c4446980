import { SchedulerClient } from '@aws-sdk/client-scheduler'
import type { Admin, Kafka } from 'kafkajs'
import { mskClient } from '#functions/adapters/kafka-client.ts'
import { dynamoState } from '#functions/adapters/state-store.ts'
import { readWholeness } from '#functions/state/stored.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import type { ClusterPlace } from '../find-cluster.ts'
import { openCluster } from '../open-cluster.ts'
import { countRecordsOf } from '../record-lag.ts'
import { pickOutput } from '../stack-outputs.ts'
import { tellingState } from '../store-failure.ts'
import { openBucket } from '../stores.ts'
import { readAlarms } from './alarms.ts'
import { type ClusterStatus, describeCluster, readTopics, type TopicStatus } from './cluster.ts'
import type { Deployment } from './deployment.ts'
import { type LagStatus, watchLag } from './lag.ts'
import { readModels } from './models.ts'
import { readSchedules } from './schedules.ts'
import { readSection, type Section } from './section.ts'
import type { Status } from './status.ts'

/** How long one part may take beside the watch. */
const deadlineMs = 20_000

/** Reads every part of the status, side by side; the slowest is the watch on the lag. */
export async function readStatus(options: {
  readonly pipeline: Pick<Pipeline, 'name' | 'windows'>
  readonly stack: string
  readonly deployment: Deployment
  readonly findPlace: () => Promise<ClusterPlace>
  readonly watchMs: number
  readonly nowMs: number
}): Promise<Status> {
  const { pipeline, stack, deployment, findPlace, watchMs, nowMs } = options
  const { outputs } = deployment
  const models = async () => readModels(openBucket(pickOutput(outputs, 'ModelBucketName', stack)), pipeline.name)
  const windows = async () => {
    if (!pipeline.windows) return null
    const table = pickOutput(outputs, 'StateTableName', stack)
    return readWholeness(tellingState(table, dynamoState(table)), pipeline.windows)
  }
  const [kafka, modelsStatus, windowsStatus, schedules, alarms] = await Promise.all([
    readKafka(deployment, stack, findPlace, watchMs),
    readSection(models(), deadlineMs),
    readSection(windows(), deadlineMs),
    readSection(readSchedules(new SchedulerClient({ requestHandler: { requestTimeout: 10_000 } }), outputs), deadlineMs),
    readSection(readAlarms(stack), deadlineMs),
  ])
  return { pipeline: pipeline.name, stack, readAtMs: nowMs, ...kafka, models: modelsStatus, windows: windowsStatus, schedules, alarms }
}

type KafkaStatus = Pick<Status, 'cluster' | 'topics' | 'lag'>

/** What MSK and its brokers tell. Where no broker answers, topics and lag say so, and the cluster is shown without brokers. */
async function readKafka(
  { outputs, reads }: Deployment,
  stack: string,
  findPlace: () => Promise<ClusterPlace>,
  watchMs: number,
): Promise<KafkaStatus> {
  let brokers: readonly string[] = []
  let topics: Section<readonly TopicStatus[]> | undefined
  let lag: Section<readonly LagStatus[]> | undefined
  const look = async (admin: Admin, _brokers: string, kafka: Kafka) => {
    brokers = (await admin.describeCluster()).brokers.map(({ host, port }) => `${host}:${port}`)
    const names = pickOutput(outputs, 'Topics', stack).split(',')
    ;[topics, lag] = await Promise.all([
      readSection(readTopics(admin, names), deadlineMs),
      readSection(watchLag(admin, reads, { watchMs, countRecords: countRecordsOf(kafka) }), deadlineMs + watchMs),
    ])
  }
  const open = async () => {
    const { cluster, auth } = await findPlace()
    await openCluster(cluster, auth, look, { deadlineMs: deadlineMs + watchMs })
  }
  const describe = async () => {
    const clusterArn = pickOutput(outputs, 'ClusterArn', stack)
    return describeCluster(mskClient(clusterArn), clusterArn)
  }
  const [opened, described] = await Promise.all([readSection(open(), deadlineMs + watchMs), readSection(describe(), deadlineMs)])
  const unanswered = (part: string) => ({ ok: false as const, reason: opened.ok ? `no ${part} were told` : opened.reason })
  const cluster: Section<ClusterStatus> = described.ok ? { ok: true, value: { ...described.value, brokers } } : described
  return { cluster, topics: topics ?? unanswered('topics'), lag: lag ?? unanswered('lags') }
}
