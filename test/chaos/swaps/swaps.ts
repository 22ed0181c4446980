import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { kafkaSender } from '#functions/adapters/kafka-sender.ts'
import { s3Store } from '#functions/adapters/s3.ts'
import { changePointer, toPromoted, writeBundle } from '#functions/bundles/registry.ts'
import { readDuel, readTallies } from '#functions/counters/read.ts'
import type { Flight } from '#models/flights.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRandom } from '#models/random.ts'
import { startObserver } from '../../../localstack/console/observer.ts'
import { toModelQuality } from '../../../localstack/console/quality.ts'
import { drain } from '../../../localstack/drain.ts'
import { logReport } from '../../../localstack/event-source-log.ts'
import { readLargestLag, toGroups } from '../../../localstack/lag.ts'
import { readFlights } from '../../../localstack/replay/flights.ts'
import { replay } from '../../../localstack/replay/replay.ts'
import { type System, startSystem } from '../../../localstack/system.ts'
import { findLayer } from '../check-layer.ts'
import type { ChaosOptions, ChaosOutcome, Scenario } from '../scenario.ts'
import { stopSchedule } from '../stop-schedule.ts'
import { flightsFor, spoilBundles, trainBundles } from './bundles.ts'
import { drive } from './drive.ts'
import { type InferWatch, watchInfer } from './infer-watch.ts'
import { makeLedger } from './ledger.ts'
import { challengerShare, makePlan, promotionCount, rollbackCount } from './plan.ts'

const championCount = 8
/** While the changes are behind the stream, a chunk goes out no more often than this, so that rows are left to show their effect on. */
const heldBackMs = 1_500

export const swaps: Scenario = {
  about: `${promotionCount} promotions, ${rollbackCount} rollbacks, 3 bad bundles, a shadow and a challenger while the stream runs.`,
  rows: { usual: 120_000, atLeast: 30_000 },
  run,
}

async function run(options: ChaosOptions): Promise<ChaosOutcome> {
  const { say } = options
  say(`training ${championCount + 2} bundles`)
  const flights: Flight[] = []
  for await (const flight of readFlights(flightsFor(championCount + 2))) flights.push(flight)
  const good = await trainBundles(pipeline, flights, championCount + 2)
  const bad = spoilBundles(good[0])
  const watch = watchInfer()
  const system = await startSystem({
    pipeline,
    pipelineFile: 'models/pipeline.ts',
    onPhase: say,
    onReport: logReport,
    wrapInvoke: watch.wrapInvoke,
  })
  try {
    await stopSchedule(system.deployment.outputs.ScheduleRetrain)
    const models = s3Store(system.deployment.outputs.ModelBucketName)
    for (const bundle of [...good, ...bad]) await writeBundle(models, bundle)
    const versionOf = (bundle: (typeof good)[number]) => bundle.manifest.version
    const versions = {
      champions: good.slice(0, championCount).map(versionOf),
      bad: bad.map(versionOf) as [string, string, string],
      shadow: versionOf(good[championCount]),
      challenger: versionOf(good[championCount + 1]),
    }
    const first = { version: versions.champions[0], reason: 'the first', nowMs: Date.now() }
    await changePointer(models, pipeline.name, champion => toPromoted(champion, first))
    return await stream(options, system, watch, versions)
  } finally {
    await system.stop()
  }
}

async function stream(
  { rows, seed, signal, say }: ChaosOptions,
  { kafka, deployment, mappings }: System,
  watch: InferWatch,
  versions: Parameters<typeof makePlan>[0],
): Promise<ChaosOutcome> {
  const plan = makePlan(versions, makeRandom(seed))
  const ledger = makeLedger({ ...versions, share: challengerShare })
  const observer = await startObserver(kafka, pipeline.name, ledger.note)
  const send = kafkaSender(async () => kafka)
  const admin = kafka.admin()
  await admin.connect()
  const { groups, hot } = toGroups(mappings)
  const lagOf = (some: typeof groups) => readLargestLag(admin, some)

  const maxLag = Math.min(6_000, rows / 20) // the replay's own, less where that many would be all there is for several changes
  const startedMs = performance.now()
  let changed = 0
  let sent = { eventsPublished: 0, atMs: startedMs }
  const isAhead = () => changed < plan.length && sent.eventsPublished > (rows * (changed + 1)) / (plan.length + 2)
  try {
    const driving = drive({
      plan,
      store: s3Store(deployment.outputs.ModelBucketName),
      pipeline: pipeline.name,
      ledger,
      watch,
      nowMs: Date.now,
      signal,
      onChange: (change, effect) => {
        changed++
        say(`${changed}/${plan.length}  ${change.kind}${'version' in change ? ` ${change.version}` : ''}: ${effect}`)
      },
    }).catch((error: Error) => error)
    const published = await replay({
      send,
      pipeline,
      rowCount: rows,
      maxLag,
      lag: async () => {
        if (!isAhead()) return lagOf(hot)
        return performance.now() - sent.atMs < heldBackMs ? Number.POSITIVE_INFINITY : maxLag - 1 // room for one chunk
      },
      signal,
      onProgress: ({ eventsPublished }) => {
        sent = { eventsPublished, atMs: performance.now() }
      },
    })
    const driven = await driving
    say('the stream has ended; waiting until all of it is accounted for')
    const drained = await drain(async () => {
      const { predictions, rejectedEvents, labelsJoined } = observer.read()
      return {
        unaccounted: published.eventsPublished - predictions - rejectedEvents,
        unjoined: published.labelsPublished - labelsJoined,
        lag: await lagOf(groups),
      }
    }, signal)
    const { predictions, predictionsRepeated, rejectedEvents } = observer.read()
    const { arms, badServed, challengerKeysFlipped } = ledger.read()
    const counters = dynamoCounters(deployment.outputs.CountersTableName)
    const readHours = readDuel(counters)
    const report = {
      events: published.eventsPublished,
      predictions,
      rejected: rejectedEvents,
      lost: published.eventsPublished - predictions - rejectedEvents,
      doubled: predictionsRepeated,
      invocations: watch.invocations().length,
      mixedBatches: ledger.countMixed(watch.invocations()),
      ...(driven instanceof Error
        ? { promotions: 0, rollbacks: 0, failure: driven.message }
        : { promotions: driven.promotions, rollbacks: driven.rollbacks }),
      refused: watch.refused().length,
      refusals: Object.fromEntries(watch.refused().map(version => [version, watch.refusalOf(version)])),
      badServed,
      arms,
      challengerKeysFlipped,
      metricsByModel: toModelQuality(await readTallies(counters)),
      duels: await Promise.all(
        versions.champions.flatMap(champion =>
          [versions.shadow, versions.challenger].map(async candidate => ({
            champion,
            candidate,
            hours: await readHours(champion, candidate),
          })),
        ),
      ),
      ...(await findLayer(pipeline, deployment.outputs)),
      drained,
      seconds: (performance.now() - startedMs) / 1000,
    }
    tell(report, say)
    return { held: doesHold(report), report }
  } finally {
    await send.close()
    await observer.stop()
    await admin.disconnect()
  }
}

/** What `swaps` promises. */
export function doesHold(report: {
  readonly lost: number
  readonly doubled: number
  readonly mixedBatches: number
  readonly promotions: number
  readonly rollbacks: number
  readonly refused: number
  readonly badServed: number
  readonly challengerKeysFlipped: number
  readonly layerDiffers: readonly string[]
}): boolean {
  const { lost, doubled, mixedBatches, badServed, challengerKeysFlipped, layerDiffers, promotions, rollbacks, refused } = report
  const isWhole = [lost, doubled, mixedBatches, badServed, challengerKeysFlipped, layerDiffers.length].every(count => count === 0)
  return isWhole && promotions >= promotionCount && rollbacks >= rollbackCount && refused === 3
}

/** The report but for its long parts, a line each. */
function tell({ metricsByModel, duels, refusals, ...short }: Readonly<Record<string, unknown>>, say: (line: string) => void): void {
  for (const [name, value] of Object.entries(short)) say(`${name.padEnd(22)} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
}
