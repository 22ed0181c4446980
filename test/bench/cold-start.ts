import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { connectKafka } from '#functions/adapters/kafka-client.ts'
import { s3Store } from '#functions/adapters/s3.ts'
import { type Bundle, changePointer, toPromoted, writeBundle } from '#functions/bundles/registry.ts'
import { trainGbdt } from '#models/gbdt/train.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRowEncoder, toCategories } from '#models/rows.ts'
import { topicName } from '#models/topics.ts'
import { bundleSteps } from '../../cdk/bundle.ts'
import { startBroker } from '../../localstack/broker.ts'
import { startEmulator } from '../../localstack/emulator.ts'
import { readFlights } from '../../localstack/replay/flights.ts'
import { createTopics } from '../../localstack/topics.ts'
import { flight, makePrediction } from '../fixtures.ts'
import { makeBundle } from '../make-bundle.ts'
import { fillPayload } from './msk-payload.ts'

const runs = 5
const trainingRows = 20_000
const aimMs = 500
const bucket = 'millrace-cold-start'

/** What the probe measured; the later ones where it was given an event. */
interface Figures {
  /** From the start of the process until its first line: Node itself. */
  readonly nodeMs: number
  readonly loadMs: number
  readonly loadCpuMs: number
  /** From the same line as `loadMs` until the first record was scored and its prediction acknowledged. */
  readonly scoredMs?: number
  readonly scoredCpuMs?: number
}

/**
 * How every function starts: its real bundle loaded in a fresh process, and for infer until the first record is scored, with a real broker
 * and the emulator's S3 and MSK. Medians of five runs after one that fills the disk cache.
 *
 * Lambda adds what it takes to fetch the code and start Node, which cannot be had here.
 */
export async function benchColdStart() {
  const folderOf = await bundleSteps(pipeline.name, { pipelineFile: 'models/pipeline.ts', architecture: 'x86_64' })
  const infer = folderOf('infer')
  const functions = readdirSync(dirname(infer))
  const environment = { ...process.env, AWS_REGION: 'us-east-1', AWS_LAMBDA_FUNCTION_NAME: 'bench', POWERTOOLS_DEV: 'false' }
  const loads: Record<string, { loadMs: number; loadCpuMs: number }> = {}
  for (const name of functions) {
    const { loadMs, loadCpuMs } = await measure([join(folderOf(name), 'index.js')], environment)
    loads[name] = { loadMs, loadCpuMs }
  }
  const { nodeMs, loadMs, loadCpuMs, scoredMs, scoredCpuMs } = await measureInfer(join(infer, 'index.js'), environment)
  return { functions: loads, infer: { nodeMs, loadMs, loadCpuMs, firstScoreMs: scoredMs, firstScoreCpuMs: scoredCpuMs, aimMs } }
}

async function measureInfer(bundle: string, environment: NodeJS.ProcessEnv): Promise<Required<Figures>> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cold-start-'))
  const broker = await startBroker()
  const emulator = await startEmulator({ brokers: broker.brokers })
  try {
    Object.assign(process.env, emulator.env)
    await createTopics(connectKafka(broker.brokers, 'none'), pipeline)
    await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: bucket }))
    const store = s3Store(bucket)
    await writeBundle(store, await makeTreeBundle('v1'))
    await changePointer(store, pipeline.name, champion => toPromoted(champion, { version: 'v1', reason: 'bench', nowMs: 0 }))
    const { id, atMs, features, definition, source } = makePrediction({ features: pipeline.toFeatures(flight) })
    const eventFile = join(folder, 'event.json')
    const record = JSON.stringify({ id, atMs, features, definition, source })
    writeFileSync(
      eventFile,
      fillPayload(topicName(pipeline.name, 'features'), 1, () => record),
    )
    const stores = {
      CLUSTER_ARN: emulator.clusterArn,
      KAFKA_AUTH: 'none',
      KAFKA_COMPRESSION: 'gzip',
      MODEL_BUCKET: bucket,
      ARCHIVE_BUCKET: bucket,
    }
    return (await measure([bundle, eventFile], { ...environment, ...emulator.env, ...stores })) as Required<Figures>
  } finally {
    await emulator.stop()
    await broker.stop()
    rmSync(folder, { recursive: true })
  }
}

/** Trees of the definition's own settings over real flights: the size of model that a pipeline serves. */
async function makeTreeBundle(version: string): Promise<Bundle> {
  const rows: (string | number | null)[][] = []
  const targets = new Float32Array(trainingRows)
  for await (const { delayMinutes, landedAtMs: _, ...event } of readFlights(trainingRows)) {
    targets[rows.length] = pipeline.toTarget({ delayMinutes })
    rows.push([...pipeline.toFeatures(event)])
  }
  const features = pipeline.features.map((feature, column) => ({
    ...feature,
    categories: feature.kind === 'category' ? toCategories(rows.map(row => row[column])) : [],
  }))
  const toBlock = makeRowEncoder(features)
  const model = await trainGbdt(
    { features, block: toBlock(rows), targets },
    { settings: { ...pipeline.trainer.gbdt, earlyStoppingRounds: 0 } },
  )
  const goldenRows = rows.slice(0, 20)
  const golden = { rows: goldenRows, scores: [...model.score(toBlock(goldenRows))] }
  return makeBundle(version, { onnx: model.toOnnx({}), manifest: { trainer: model.kind, features, golden } })
}

/** The medians over some fresh processes, each figure by itself. */
async function measure(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Figures> {
  await probe(args, environment)
  const all: Figures[] = []
  for (let run = 0; run < runs; run++) all.push(await probe(args, environment))
  const names = Object.keys(all[0]) as (keyof Figures)[]
  const medianOf = (name: keyof Figures) => all.map(figures => figures[name] ?? 0).toSorted((a, b) => a - b)[Math.floor(runs / 2)]
  return Object.fromEntries(names.map(name => [name, Math.round(medianOf(name))])) as unknown as Figures
}

async function probe(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Figures> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'cold-start-probe.cjs'), ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const texts = ['', '']
  for (const [at, stream] of [child.stderr, child.stdio[3]].entries()) stream?.on('data', data => (texts[at] += data))
  const exitCode = await new Promise(resolve => child.on('close', resolve))
  if (exitCode !== 0) throw new Error(`${args[0]} did not start: ${texts[0]}`)
  return JSON.parse(texts[1])
}
