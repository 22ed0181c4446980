import { type Command, Option } from 'commander'
import { withDeadline } from '#functions/adapters/deadline.ts'
import { kafkaSender } from '#functions/adapters/kafka-sender.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { withClaims } from '#functions/claims.ts'
import { rejectionClaims } from '#functions/rejected.ts'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { addClusterFlags, type ClusterFlags, findCluster } from './find-cluster.ts'
import { parseCount } from './flags/parse-count.ts'
import { parseTime } from './flags/parse-time.ts'
import { loadPipeline } from './load-pipeline.ts'
import { openCluster } from './open-cluster.ts'
import { makeProgress, toRateText, toRecordCount } from './progress.ts'
import { toDifferenceText } from './replay/difference-text.ts'
import { paceByRate } from './replay/pace.ts'
import { prepareReplay, type ReplayReport } from './replay/run.ts'
import type { FeatureSource } from './replay/score-again.ts'
import { checkFree, checkPrefix, createShadowTopics } from './replay/shadow-topics.ts'
import { readDeployment } from './status/deployment.ts'
import { addStoreFlags, findBuckets, openBucket, type StoreFlags, toStackName } from './stores.ts'
import type { Terminal } from './terminal.ts'
import { checkWritable, type JsonFlag, writeResult } from './write-json.ts'

interface ReplayFlags extends StoreFlags, ClusterFlags {
  readonly from: number
  readonly to: number
  readonly model?: string
  readonly toTopic: string
  readonly features?: FeatureSource
  readonly rate?: number
  readonly archiveBucket?: string
  readonly json?: JsonFlag
}

const notes = `
--from and --to are times at which Kafka took the events (the archive's recordedAtMs), not the events' own times; --to itself is left out.
Without a zone they are UTC.

Events go through preprocess and infer as they did then, in memory. What they give goes to <prefix>.predictions and <prefix>.rejected,
which are made where they are missing. Live topics, consumer offsets, tables and the champion pointer are not touched.

Without --model each event is scored by the models, and at the clock, that its archived prediction names: the same bytes come out. An
event without one is scored by the champion of its time. With --model that one scores all. Everything is read and proved before the
first record is sent.

--features again makes the feature vectors anew from the archived events. Windows are built anew from the events and labels that arrived
before; which of those of the same moment a batch of then had seen is not known, so a count may differ by a few. --features archived takes
the vectors from the archived predictions, so that only the models differ; an event without one is left out.

Buckets and cluster are those of the stack (default: Millrace-<pipeline>) unless named.

Exit codes: 0 all of the slice replayed, whatever the difference; 1 not all of it; 2 wrong usage, or nothing archived in the span.`

/** `millrace replay`: an archived slice through the same steps, beside the live stream. */
export function addReplay(program: Command, terminal: Terminal): void {
  const command = program.command('replay').description('score archived events again, into shadow topics, and tell the difference')
  addClusterFlags(addStoreFlags(command))
    .requiredOption('--from <time>', 'arrival in Kafka from here on, in ISO 8601', parseTime)
    .requiredOption('--to <time>', 'and before this', parseTime)
    .requiredOption('--to-topic <prefix>', 'the name before .predictions and .rejected of the shadow topics')
    .option('--model <version>', 'score all with this model (default: with the models of then)')
    .addOption(
      new Option(
        '--features <source>',
        'made again, or archived with the predictions (default: again; archived where the definition has aggregates)',
      ).choices(['again', 'archived']),
    )
    .option('--rate <count>', 'records a second at most', parseCount)
    .option('--archive-bucket <name>', 'the archive, instead of a stack')
    .option('--json [file]', 'print the difference as JSON, or write it to a file')
    .addHelpText('after', notes)
    .action((flags: ReplayFlags) => replay(flags, terminal))
}

/**
 * Replays the slice and prints the difference.
 *
 * @throws MillraceError where not all of it was replayed, after the difference so far has been printed
 */
async function replay(flags: ReplayFlags, terminal: Terminal): Promise<void> {
  const { stderr, signal } = terminal
  const { from: fromMs, to: toMs, toTopic: prefix, model: version, rate, json } = flags
  if (fromMs >= toMs) {
    const got = `got ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`
    throw new MillraceError('ARGUMENT_INVALID', `--from must be before --to, ${got}`)
  }
  await checkWritable('--json', json)
  const pipeline = await loadPipeline(flags.pipeline)
  checkPrefix(prefix, pipeline.name)
  const features = toFeatureSource(flags.features, pipeline)
  const { modelBucket, archiveBucket, cluster, auth } = await findPlaces(flags, pipeline)
  const archive = openBucket(archiveBucket)
  await openCluster(cluster, auth, async admin => checkFree(prefix, await admin.listTopics())) // before a long read, not after it
  const sender = kafkaSender(() => openCluster(cluster, auth, admin => createShadowTopics(admin, prefix, pipeline.name)))
  const progress = makeProgress(stderr)
  const startMs = performance.now()
  const seconds = () => (performance.now() - startMs) / 1_000
  if (stderr.isTTY) stderr.write('reading the archive, proving the models')
  const prepared = await prepareReplay(
    {
      pipeline,
      models: openBucket(modelBucket),
      archive,
      load: loadOnnx,
      send: paceByRate(withClaims(sender, { store: archive, ...rejectionClaims(prefix) }), rate),
      nowMs: Date.now,
    },
    {
      fromMs,
      toMs,
      prefix,
      version,
      features,
      signal,
      onProgress: (replayed, total) => progress.show(replayed / total, () => toRateText(replayed, seconds())),
    },
  ).finally(() => progress.clear())
  const report = await prepared.run()
  await withDeadline(sender.close(), 5_000).catch(() => {}) // the report stands, whatever a lost broker says to a farewell
  progress.clear()
  await writeResult(terminal, { json, text: toReplayText(pipeline.name, flags, report), value: toReplayJson(pipeline.name, flags, report) })
  if (report.error) throw report.error
}

/** Where features come from unless it was said: what windows held then is known only by what was predicted. */
export function toFeatureSource(asked: FeatureSource | undefined, { windows }: Pick<Pipeline, 'windows'>): FeatureSource {
  return asked ?? (windows ? 'archived' : 'again')
}

/** The stores and the cluster: as named, the rest by the stack. */
async function findPlaces(flags: ReplayFlags, pipeline: { readonly name: string }) {
  return {
    ...(await findBuckets(flags, pipeline)),
    ...(await findCluster(flags, () => readDeployment(toStackName(flags, pipeline), pipeline.name))),
  }
}

function toReplayJson(pipeline: string, { from: fromMs, to: toMs, model, toTopic }: ReplayFlags, report: ReplayReport) {
  const { error, ...counts } = report
  const failure = error ? { code: error.code, message: error.message } : null
  return { pipeline, fromMs, toMs, model: model ?? null, toTopic, ...counts, error: failure }
}

function toReplayText(pipeline: string, { from, to, toTopic }: ReplayFlags, report: ReplayReport): string {
  const { replayed, total, predictions, rejected, difference, gone } = report
  const amount = replayed === total ? toRecordCount(total) : `${replayed.toLocaleString('en')} of ${toRecordCount(total)}`
  const span = `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`
  const [predictionsTopic, rejectedTopic] = [topicName(toTopic, 'predictions'), topicName(toTopic, 'rejected')]
  return [
    `${topicName(pipeline, 'events')}, ${span}: ${amount} replayed`,
    `${predictions.toLocaleString('en')} to ${predictionsTopic}, ${rejected.toLocaleString('en')} to ${rejectedTopic}`,
    toDifferenceText(difference, gone),
  ].join('\n')
}
