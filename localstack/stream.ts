import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { kafkaSender } from '#functions/adapters/kafka-sender.ts'
import { s3Store } from '#functions/adapters/s3.ts'
import { readPointer } from '#functions/bundles/registry.ts'
import { readTallies } from '#functions/counters/read.ts'
import type { RetrainOutcome } from '#functions/retrain/settle.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { countRecordsOf } from '../cli/record-lag.ts'
import { startLive } from './console/live.ts'
import { startObserver } from './console/observer.ts'
import { toLiveQuality } from './console/quality.ts'
import type { Moment } from './console/screen.ts'
import { readSummary, type Summary } from './console/summary.ts'
import { drain } from './drain.ts'
import { makeLargestRecordLag, toGroups } from './lag.ts'
import { makeLabelClock } from './replay/label-clock.ts'
import { replay } from './replay/replay.ts'
import { openStepClock } from './step-clock.ts'
import type { System } from './system.ts'

/** Published labels that may wait for their join before they count as lag: a fast replay would leave them days of event time behind. */
const labelsAhead = 4_000

/** How often watch looks, by the event clock: as on AWS. */
const watchEveryMs = 3_600_000

/** Streams flights through a running system, shows what happens, waits until all of it is accounted for, and sums it up. */
export async function streamFlights(options: {
  readonly system: System
  readonly pipeline: Pipeline
  readonly rows: number
  readonly corruptRatio: number
  readonly driftAt?: number
  readonly speed?: number
  readonly startupSeconds: number
  readonly signal: AbortSignal
  /** Given what writes a line beside the live screen, while there is one, and then what writes one without. */
  readonly onLive?: (note: (line: string) => void) => void
}): Promise<Summary> {
  const { onLive = () => {} } = options
  const { system, pipeline, rows, corruptRatio, driftAt, speed, startupSeconds, signal } = options
  const { kafka, deployment, mappings } = system
  const admin = kafka.admin()
  await admin.connect()
  const observer = await startObserver(kafka, pipeline.name)
  const send = kafkaSender(async () => kafka)
  const models = s3Store(deployment.outputs.ModelBucketName)
  const counters = dynamoCounters(deployment.outputs.CountersTableName)
  const { groups, hot } = toGroups(mappings)
  const lagOf = makeLargestRecordLag(admin, countRecordsOf(kafka))

  const startedMs = performance.now()
  let progress = { eventsPublished: 0, labelsPublished: 0 }
  let eventClockMs: number | null = null
  const speedOf = makeSpeedometer()
  const live = startLive(async (): Promise<Moment> => {
    const { champion } = await readPointer(models, pipeline.name)
    const quality = toLiveQuality(await readTallies(counters))
    const { predictions, unscored, rejectedEvents, labelsJoined } = observer.read()
    return {
      elapsedMs: performance.now() - startedMs,
      rows,
      ...progress,
      eventsPerSec: speedOf(predictions + rejectedEvents),
      predictions,
      unscored,
      rejected: rejectedEvents,
      labelsJoined,
      lag: await lagOf(hot),
      eventClockMs,
      champion: champion?.version ?? null,
      championCount: champion?.history.length ?? 0,
      quality: quality.labelled > 0 ? quality : undefined,
    }
  })
  onLive(live.note)
  const { ScheduleRetrain, ScheduleWatch } = deployment.outputs
  const onError = live.note
  const retrainClock = await openStepClock({ step: 'retrain', scheduleName: ScheduleRetrain, everyMs: pipeline.retrain.everyMs, onError })
  const clocks = [retrainClock]
  if (pipeline.promoteWhen.on === 'live') {
    clocks.push(await openStepClock({ step: 'watch', scheduleName: ScheduleWatch, everyMs: watchEveryMs, onError }))
  }
  try {
    const labelGroup = groups.find(({ group, topic }) => /\.join\./.test(group) && topic === topicName(pipeline.name, 'labels'))
    const countsLabels = pipeline.windows?.rings.some(({ source }) => pipeline.windows?.sources[source].name === 'labels')
    const published = await replay({
      send,
      labelClock: countsLabels && labelGroup ? makeLabelClock(admin, labelGroup) : undefined,
      pipeline,
      rowCount: rows,
      corruptRatio,
      ...(driftAt === undefined ? {} : { driftAt }),
      ...(speed === undefined ? {} : { speed }),
      lag: async () => {
        const waitingLabels = progress.labelsPublished - observer.read().labelsJoined
        return Math.max(await lagOf(hot), waitingLabels - labelsAhead)
      },
      signal,
      onProgress: now => {
        progress = now
      },
      onEventClock: async atMs => {
        eventClockMs = atMs
        for (const clock of clocks) await clock.tick(atMs)
      },
    })
    const streamEndMs = Date.now()
    let accountedMs = performance.now()
    const drained = await drain(async () => {
      const { predictions, rejectedEvents, labelsJoined } = observer.read()
      const unaccounted = Math.max(0, published.eventsPublished - predictions - rejectedEvents) // others may publish too
      if (unaccounted > 0 || labelsJoined < published.labelsPublished) accountedMs = performance.now()
      return {
        unaccounted,
        unjoined: Math.max(0, published.labelsPublished - labelsJoined),
        lag: await lagOf(groups),
      }
    }, signal)
    for (const clock of clocks) await clock.settle()
    const seconds = (accountedMs - startedMs) / 1000
    return await readSummary({
      pipeline,
      deployment,
      observed: observer.read(),
      mappings: system.eventSource.status(),
      published,
      startupSeconds,
      seconds,
      streamEndMs,
      drained,
      stopped: signal.aborted && !drained,
      notTrained: toRefusal(retrainClock.lastOutcome()),
    })
  } finally {
    live.stop()
    onLive(line => console.error(line))
    await send.close()
    await observer.stop()
    await admin.disconnect()
  }
}

/** Why retrain made no model, from what it answered. */
function toRefusal(outcome: unknown): string | null {
  const { trained, reason } = (outcome ?? {}) as Partial<RetrainOutcome>
  return trained === false ? (reason ?? null) : null
}

/** Records per second since the last look, smoothed over a few looks. */
function makeSpeedometer(): (total: number) => number {
  let last = { total: 0, atMs: performance.now() }
  let smooth = 0
  return total => {
    const atMs = performance.now()
    const now = ((total - last.total) * 1000) / Math.max(1, atMs - last.atMs)
    smooth = smooth === 0 ? now : 0.7 * smooth + 0.3 * now
    last = { total, atMs }
    return smooth
  }
}
