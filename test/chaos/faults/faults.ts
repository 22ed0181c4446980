import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import type { GroupTopic } from '#functions/adapters/kafka-lag.ts'
import { MillraceError } from '#models/errors.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRandom } from '#models/random.ts'
import { topicName } from '#models/topics.ts'
import { drain } from '../../../localstack/drain.ts'
import { logReport } from '../../../localstack/event-source-log.ts'
import { localFolder } from '../../../localstack/folders.mjs'
import { readLargestLag, toGroups } from '../../../localstack/lag.ts'
import { readFlights } from '../../../localstack/replay/flights.ts'
import { replay } from '../../../localstack/replay/replay.ts'
import { type System, startSystem } from '../../../localstack/system.ts'
import type { ChaosOptions, ChaosOutcome, Scenario } from '../scenario.ts'
import { serveChampion } from '../serve-champion.ts'
import { makeAwsFaults } from './aws-faults.ts'
import { startAwsProxy } from './aws-proxy.ts'
import { type DeliveryFaults, makeDeliveryFaults } from './delivery-faults.ts'
import { type Strike, startDirector } from './director.ts'
import { killFunction } from './function-processes.ts'
import { faultKinds, planFaultRounds } from './plan.ts'
import { makePublisher, stampByProducers } from './publisher.ts'
import { doesHold, type FaultReport, toReport, toReportText } from './report.ts'
import { type FaultTally, makeFaultTally } from './tally.ts'
import { verify } from './verify.ts'

const corruptRatio = 0.01
/** Rounds of a run: each kind of fault three times, or once where the stream is short. */
const roundCountOf = (rows: number) => (rows >= 60_000 ? 3 : rows >= 30_000 ? 2 : 1)
const maxLag = 4_000

export const faults: Scenario = {
  about: `${Object.keys(faultKinds).length} kinds of fault while the stream runs: crashes, repeats, outages, throttling, wrong clocks.`,
  rows: { usual: 100_000, atLeast: 5_000 },
  async run(options: ChaosOptions): Promise<ChaosOutcome> {
    const report = await runFaults(options)
    for (const line of toReportText(report).split('\n')) options.say(line)
    return { held: doesHold(report), report: { ...report } }
  },
}

/**
 * Streams flights through the whole system while it is disturbed, waits until all of it has settled, and holds what is left against
 * what was published.
 *
 * @throws MillraceError ENVIRONMENT_INVALID where broker or emulator are not processes of ours, which alone can be killed
 */
export async function runFaults({ rows, seed, signal, say }: ChaosOptions): Promise<FaultReport> {
  const random = makeRandom(seed)
  const tally = makeFaultTally()
  let system: System | undefined
  let faulty: DeliveryFaults | undefined
  const proxy = await startAwsProxy(makeAwsFaults(tally, () => system?.deployment.outputs.ArchiveBucketName ?? '', random))
  const clockFolder = path.join(localFolder, 'data', `clocks-${process.pid}`)
  mkdirSync(clockFolder, { recursive: true })
  try {
    system = await startSystem({
      pipeline,
      pipelineFile: 'models/pipeline.ts',
      onPhase: say,
      onReport: logReport,
      onEmulator: proxy.setUpstream,
      functionEnv: {
        AWS_ENDPOINT_URL: proxy.endpoint,
        NODE_OPTIONS: `--require "${fileURLToPath(new URL('skew-clock.cjs', import.meta.url))}"`,
        FAULTS_CLOCK_FOLDER: clockFolder,
      },
      wrapInvoke: invoke => {
        faulty = makeDeliveryFaults(invoke, tally, { kill: name => killFunction(system?.emulatorPid ?? -1, name), random })
        return faulty.invoke
      },
    })
    if (!system.killAndRestartBroker || system.emulatorPid === undefined) {
      const message = `a fault run kills the broker and the functions: it needs Apache Kafka and MiniStack, got ${system.brokerKind} and ${system.emulatorKind}; unset KAFKA_BROKERS, AWS_ENDPOINT_URL and LOCALSTACK, and stop Docker`
      throw new MillraceError('ENVIRONMENT_INVALID', message)
    }
    await stampByProducers(
      system.kafka,
      (['events', 'labels'] as const).map(suffix => topicName(pipeline.name, suffix)),
    )
    say('training two models')
    const promote = await serveChampion(system.deployment.outputs, 2)
    const run = await stream({ rows, seed, signal, say }, system, { tally, random, faulty: faulty!, promoteNext: () => promote(1) })
    say('reading back all that is left')
    const ids: string[] = []
    for await (const { flightId } of readFlights(rows)) ids.push(flightId)
    const findings = await verify({
      kafka: system.kafka,
      pipeline,
      deployment: system.deployment,
      stateTable: await findStateTable(),
      ids,
    })
    return toReport(findings, { ...run, faults: tally.read(), clocksOff: readdirSync(clockFolder).length, seed })
  } finally {
    await system?.stop()
    await proxy.close()
    rmSync(clockFolder, { recursive: true, force: true })
  }
}

/** The emulator holds one stack; the table's name is no output of it. */
async function findStateTable(): Promise<string> {
  const { TableNames = [] } = await new DynamoDBClient().send(new ListTablesCommand())
  const found = TableNames.find(name => name.includes('StateTable'))
  if (found === undefined) throw new MillraceError('SERVER_FAILED', `no table of the state among ${TableNames.join(', ')}`)
  return found
}

interface Disturbed {
  readonly tally: FaultTally
  readonly random: () => number
  readonly faulty: DeliveryFaults
  /** Called once, in the middle of the stream. */
  readonly promoteNext: () => Promise<void>
}

/** The stream, the faults beside it, and the wait until all has settled. */
async function stream(
  { rows, seed, signal, say }: ChaosOptions,
  system: System,
  { tally, random, faulty, promoteNext }: Disturbed,
): Promise<Pick<FaultReport, 'resent' | 'drained' | 'seconds'>> {
  const startedMs = performance.now()
  const { groups, hot } = toGroups(system.mappings)
  const lagOf = (some: readonly GroupTopic[]) => readLagSafely(system, some)
  const publisher = makePublisher(system.kafka, { tally, random, signal })
  const strike: Strike = async kind => {
    if (kind === 'broker' || kind === 'source') tally.add(kind, { records: faulty.recordsInFlight() })
    if (kind === 'broker') {
      await system.killAndRestartBroker!(500 + random() * 2_000)
      tally.add(kind, { injected: 1 })
    }
    if (kind === 'source') {
      await system.restartEventSource()
      tally.add(kind, { injected: 1 })
    }
  }

  const kinds = planFaultRounds({ roundCount: roundCountOf(rows), seed })
  let published = 0
  let endedCount = 0
  let promoting: Promise<void> | undefined
  const director = startDirector({
    kinds,
    tally,
    progress: () => published / rows,
    strike,
    onEnd: (kind, injected) => say(`${++endedCount}/${kinds.length}  ${faultKinds[kind]}: ${injected}`),
    signal,
  })
  const failed: Promise<Error | undefined> = director.ended.then(
    () => undefined,
    error => error,
  )
  try {
    await replay({
      send: publisher.send,
      pipeline,
      rowCount: rows,
      corruptRatio,
      maxLag,
      lag: async () => (director.isHeld() ? Number.POSITIVE_INFINITY : lagOf(hot)),
      signal,
      onProgress: ({ eventsPublished, corrupted }) => {
        published = eventsPublished - corrupted
        if (published > rows / 2) promoting ??= promoteNext()
      },
    })
    await promoting
    const failure = await failed
    if (failure) throw failure
    await faulty.settle()
    say('the stream has ended; waiting until all of it has settled')
    const drained = await drain(async () => ({ lag: await lagOf(groups) }), signal)
    return { resent: publisher.resentCount(), drained, seconds: (performance.now() - startedMs) / 1000 }
  } finally {
    await publisher.close()
  }
}

/** The largest lag; without end while the broker cannot be asked. */
async function readLagSafely({ kafka }: System, groups: readonly GroupTopic[]): Promise<number> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await readLargestLag(admin, groups)
  } catch {
    return Number.POSITIVE_INFINITY
  } finally {
    await admin.disconnect().catch(() => {})
  }
}
