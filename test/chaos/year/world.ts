import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hourMs, toHourStart } from '#functions/archived/hours.ts'
import { toRowLimit } from '#functions/retrain/row-limit.ts'
import { pipeline as flights } from '#models/pipeline.ts'
import { kafkaSteps, type Step, scheduledSteps } from '../../../cdk/steps.ts'
import { type Cloud, startCloud } from './cloud.ts'
import type { Ground } from './ground.ts'
import { leaveCompacted, leavePrepared } from './left-archive.ts'
import { countedVersions, leaveCounters } from './left-counters.ts'
import { leaveWaiting } from './left-labels.ts'
import { leaveModels, versionsOf } from './left-models.ts'
import { archivedTopics, leaveReplaced, leaveSmallHour, smallShapeOf } from './left-small.ts'
import { leaveState } from './left-state.ts'
import type { Measured } from './measure.ts'
import type { Scored } from './records.ts'

/** What a span of days at a rate has left, and the stream goes on. */
export interface WorldPlan {
  readonly rate: number
  readonly days: number
  /** Keys of the state. */
  readonly keyCount: number
  /** Batches of 5,000 records that no page of the state holds yet; a snapshot is due after about 80. */
  readonly tailBatches: number
  /** Batches that stand for those of an hour, at most. */
  readonly batchesAtMost: number
  /** Of the archive's hours, those at the end whose rows are their own. */
  readonly realHours: number
  /** Whether retrain finds what earlier runs have prepared. */
  readonly isPrepared: boolean
}

export interface World extends WorldPlan {
  readonly cloud: Cloud
  /** The start of the hour that the stream is in. */
  readonly endMs: number
  /** The models that score now. */
  readonly scored: Scored
  /** The state's next batch. */
  readonly nextBatch: number
  /** What was left, and how much of it is real. */
  readonly left: readonly string[]
  /** What a function's environment says of the stores, and where they are. */
  readonly env: Readonly<Record<string, string>>
  measured(step: Step): Measured
  close(): Promise<void>
}

const names = { archive: 'archive', models: 'models', predictions: 'predictions', counters: 'counters', state: 'state', waiting: 'waiting' }

/** Writes what the days have left. */
export async function openWorld(ground: Ground, plan: WorldPlan, say: (line: string) => void): Promise<World> {
  const { rate, days, keyCount, tailBatches, realHours, isPrepared } = plan
  const endMs = toHourStart(Date.now() - 15 * 60_000) // the hour before it is over by the margin of compact
  const compactedMs = endMs - hourMs
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-year-'))
  const archive = path.join(folder, names.archive)
  const versions = versionsOf({ days, endMs })
  const scored: Scored = { model: versions[Math.max(0, versions.length - 2)], shadow: versions[versions.length - 1], atMs: endMs }
  const [archiveRead] = kafkaSteps.find(({ name }) => name === 'archive')!.reads
  const shape = smallShapeOf(rate, { windowSec: 60, ...archiveRead })

  const span = { folder: archive, rate, days, endMs: compactedMs, realHours }
  await leaveCompacted(span)
  const retrainMb = scheduledSteps.find(({ name }) => name === 'retrain')!.memoryMb
  if (isPrepared) await leavePrepared(span, toRowLimit(flights, retrainMb).rows)
  for (const suffix of archivedTopics) await leaveSmallHour(archive, suffix, { hourStartMs: compactedMs, shape, scored })
  say('  archive left')
  const cloud = await startCloud(folder, ground.brokers)
  for (const suffix of archivedTopics) leaveReplaced(cloud.bucket(names.archive), suffix, { endMs: compactedMs, hours: 25, shape })
  leaveModels(cloud.bucket(names.models), ground.bundle, versions, endMs)
  const counted = countedVersions(versions)
  await leaveCounters(cloud.dynamo, names.counters, counted, endMs)
  const waitingCount = await leaveWaiting(cloud.dynamo, names.waiting, rate, endMs)
  say('  models, counters and waiting labels left')
  const nextBatch = await leaveState(cloud, names.state, plan)
  say('  state left')
  const env = {
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'year',
    AWS_SECRET_ACCESS_KEY: 'year',
    CLUSTER_ARN: 'arn:aws:kafka:us-east-1:000000000000:cluster/year/0000-1',
    KAFKA_AUTH: 'none',
    KAFKA_COMPRESSION: 'gzip',
    ARCHIVE_BUCKET: names.archive,
    MODEL_BUCKET: names.models,
    PREDICTIONS_TABLE: names.predictions,
    COUNTERS_TABLE: names.counters,
    STATE_TABLE: names.state,
    WAITING_TABLE: names.waiting,
    ALERTS_TOPIC_ARN: 'arn:aws:sns:us-east-1:000000000000:year',
  }
  return {
    ...plan,
    cloud,
    endMs,
    scored,
    nextBatch,
    env,
    left: [
      `${versions.length} models, all promoted, the pointer with its history; one file under all their names`,
      `${cloud.itemCount(names.counters)} counters: of the ${counted.length} models whose tallies have not expired`,
      `${waitingCount} labels of a day that wait`,
      `${keyCount} keys of state and ${tailBatches} batches since in ${cloud.itemCount(names.state)} items`,
      `${cloud.bucket(names.archive).keyCount()} objects in the archive; ${realHours} hours have rows of their own, the others share theirs`,
    ],
    measured: step => ({ folder: ground.folderOf(step.name), step, env }),
    async close() {
      await cloud.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
