import type { Admin } from 'kafkajs'
import { kafkaSender } from '#functions/adapters/kafka-sender.ts'
import { MillraceError } from '#models/errors.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRandom } from '#models/random.ts'
import { topicName } from '#models/topics.ts'
import { drain } from '../../../localstack/drain.ts'
import { logReport } from '../../../localstack/event-source-log.ts'
import { readLargestLag, toGroups } from '../../../localstack/lag.ts'
import { readFlights } from '../../../localstack/replay/flights.ts'
import { replay } from '../../../localstack/replay/replay.ts'
import { type System, startSystem } from '../../../localstack/system.ts'
import { type ForeignProducer, openForeignProducer } from '../../local/librdkafka.ts'
import { findLayer } from '../check-layer.ts'
import { startAwsProxy } from '../faults/aws-proxy.ts'
import { placeOf } from '../faults/outcomes.ts'
import type { ChaosOptions, ChaosOutcome, Scenario } from '../scenario.ts'
import { serveChampion } from '../serve-champion.ts'
import { watchInvocations } from './invocation-watch.ts'
import { hostileKinds } from './kinds.ts'
import { enforceLimits } from './limits.ts'
import { judgeOutcome, type SentRecord } from './outcome.ts'
import { type PlannedRecord, planRecords } from './plan.ts'
import { readEvidence } from './read-evidence.ts'
import { checkRedrive } from './redrive-check.ts'
import { doesHold, type HostileReport, toReport, toReportText } from './report.ts'
import { watchStalls } from './stalls.ts'

/** Hostile records for each flight. */
const hostileRatio = 0.05
/** How far the flights are ahead of the steps, at most: further, and most labels would wait for their predictions. */
const maxLagOf = (rows: number) => Math.min(4_000, rows / 10)

export const hostile: Scenario = {
  about: `${Object.keys(hostileKinds).length} kinds of hostile record of a foreign producer in the stream, and the limits of AWS on every call.`,
  rows: { usual: 20_000, atLeast: 1_000 },
  async run(options: ChaosOptions): Promise<ChaosOutcome> {
    const report = await runHostile(options)
    for (const line of toReportText(report).split('\n')) options.say(line)
    return { held: doesHold(report), report: { ...report } }
  },
}

/**
 * Streams flights through the whole system with hostile records among them, waits until all has settled, and holds how each record ended
 * against what its kind says.
 *
 * @throws MillraceError ENVIRONMENT_INVALID where the emulator is not ours: its functions do not go through the proxy with the limits
 */
export async function runHostile({ rows, seed, signal, say }: ChaosOptions): Promise<HostileReport> {
  const refusals = new Map<string, number>()
  const watch = watchInvocations()
  const proxy = await startAwsProxy(enforceLimits(line => refusals.set(line, (refusals.get(line) ?? 0) + 1)))
  let system: System | undefined
  let producer: ForeignProducer | undefined
  try {
    system = await startSystem({
      pipeline,
      pipelineFile: 'models/pipeline.ts',
      onPhase: say,
      onReport: logReport,
      onEmulator: proxy.setUpstream,
      stackSettings: { onFailure: 's3' }, // what fits no payload is kept
      functionEnv: { AWS_ENDPOINT_URL: proxy.endpoint },
      wrapInvoke: watch.wrapInvoke,
    })
    if (system.emulatorPid === undefined) {
      const message = `a hostile run puts the limits of AWS before MiniStack, got ${system.emulatorKind}; unset AWS_ENDPOINT_URL and LOCALSTACK`
      throw new MillraceError('ENVIRONMENT_INVALID', message)
    }
    say('training a model, and starting the foreign producer')
    producer = await openForeignProducer(system.brokers)
    await serveChampion(system.deployment.outputs, 1)

    const planned = planRecords(hostileKinds, { count: Math.round(rows * hostileRatio), random: makeRandom(seed) })
    const { sent, flightRecords, stalls, ...run } = await stream({ rows, seed, signal, say }, { system, producer, planned })
    say('reading back how each record ended')
    const { kafka, deployment, eventSource } = system
    const evidence = await readEvidence({ kafka, pipelineName: pipeline.name, outputs: deployment.outputs })
    const flightIds: string[] = []
    for await (const { flightId } of readFlights(rows)) flightIds.push(flightId)
    const outcome = judgeOutcome({ ...evidence, flightIds, hostile: sent })
    const layer = await findLayer(pipeline, deployment.outputs)
    say('putting the rejections back')
    const rejectedPlaces = new Set(evidence.found.flatMap(({ as, place }) => (as === 'rejected' || as === 'replaced' ? place : [])))
    const { redriven, changed } = await checkRedrive({
      kafka,
      brokers: system.brokers,
      pipelineName: pipeline.name,
      archiveBucket: deployment.outputs.ArchiveBucketName,
      rejected: planned.filter((own, at) => isOfStrangers(own) && rejectedPlaces.has(sent[at]?.place ?? '')),
    })
    const statuses = eventSource.status()
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
    const kindAt = new Map(sent.map(({ place, kind }) => [place, kind]))
    return toReport(outcome, {
      ...run,
      ...layer,
      stalled: stalls.map(({ group, place }) => `${group} at ${place}: ${kindAt.get(place) ?? 'a flight'}`),
      sent: flightRecords + sent.length,
      hostile: sent.length,
      kinds: new Set(sent.map(({ kind }) => kind)).size,
      restartCount: sum(statuses.map(({ restarts }) => restarts)) + watch.deaths(),
      retries: sum(statuses.map(({ retries }) => retries)),
      redriven,
      changed,
      refusals,
      failures: watch.failures(),
      seed,
    })
  } finally {
    await producer?.close()
    await system?.stop()
    await proxy.close()
  }
}

/** Whether it was sent to a topic that is meant for others. */
const isOfStrangers = ({ record: { topic } }: PlannedRecord) => topic === 'events' || topic === 'labels'

interface Streamed {
  readonly system: System
  readonly producer: ForeignProducer
  readonly planned: readonly PlannedRecord[]
}

/** The flights, the hostile records among them, and the wait until all has settled. */
async function stream({ rows, signal, say }: ChaosOptions, { system, producer, planned }: Streamed) {
  const startedMs = performance.now()
  const { groups, hot } = toGroups(system.mappings)
  const admin: Admin = system.kafka.admin()
  await admin.connect()
  const stalls = watchStalls(admin, groups)
  const send = kafkaSender(async () => system.kafka)
  const sent: SentRecord[] = []
  let published = 0

  const sendHostile = async (share: number) => {
    const due = planned.slice(sent.length, Math.ceil(share * planned.length))
    if (due.length === 0) return
    const places = await producer.send(due.map(({ record }) => ({ ...record, topic: topicName(pipeline.name, record.topic) })))
    places.forEach((place, at) => {
      const { record, kind } = due[at]
      const own = { at: due[at].at, kind, ends: hostileKinds[kind].ends }
      if ('refusal' in place) sent.push({ ...own, place: undefined, refusal: place.refusal })
      else sent.push({ ...own, place: placeOf({ topic: topicName(pipeline.name, record.topic), ...place }) })
    })
  }
  try {
    const counts = await replay({
      send,
      pipeline,
      rowCount: rows,
      maxLag: maxLagOf(rows),
      lag: async () => (stalls.isStalled() ? 0 : readLargestLag(admin, hot)), // a stalled partition does not stop the others
      signal,
      onProgress: ({ eventsPublished }) => {
        published = eventsPublished
      },
      onEventClock: () => sendHostile(published / rows),
    })
    await sendHostile(1)
    say('the stream has ended; waiting until all of it has settled')
    const drained = await drain(async () => ({ lag: await readLargestLag(admin, groups) }), signal)
    const flightRecords = counts.eventsPublished + counts.labelsPublished
    return { sent, flightRecords, stalls: stalls.stalls(), drained, seconds: (performance.now() - startedMs) / 1000 }
  } finally {
    await stalls.stop()
    await send.close()
    await admin.disconnect()
  }
}
