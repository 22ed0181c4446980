import { type Command, Option } from 'commander'
import type { KafkaAuth } from '#functions/adapters/kafka-client.ts'
import type { ObjectStore } from '#functions/ports.ts'
import { parseBrokers } from './flags/parse-brokers.ts'
import { parseCount } from './flags/parse-count.ts'
import { parseTime } from './flags/parse-time.ts'
import { loadPipeline } from './load-pipeline.ts'
import { openTopic } from './open-topic.ts'
import { makeProgress, toRecordCount } from './progress.ts'
import { toCluster } from './publish.ts'
import { readTopic } from './read-topic.ts'
import { openLedger } from './redrive-ledger.ts'
import { type RedriveReport, redriveRecords } from './redrive-records.ts'
import { pickOutput, readStackOutputs } from './stack-outputs.ts'
import { openBucket, toStackName } from './stores.ts'
import type { Terminal } from './terminal.ts'

interface RedriveFlags {
  readonly from: string
  readonly pipeline: string
  readonly stack?: string
  readonly archiveBucket?: string
  readonly brokers?: string
  readonly clusterArn?: string
  readonly auth?: KafkaAuth
  readonly code?: readonly string[]
  readonly step?: string
  readonly since?: number
  readonly until?: number
  readonly limit?: number
  readonly attemptsAtMost: number
  readonly dryRun?: true
  readonly json?: true
}

const notes = `
Each record goes back to the topic and partition it came from, with its key, value and headers as they were, in the order of the rejections.
It carries two headers more: millrace-redriven, its place among the rejections, and millrace-attempts, how often it was put back.

What was put back is remembered in the topic <from>.redriven, in the same transaction. So it is safe to run this again, after a crash or
by mistake: a rejection goes back once. A record that is rejected again is a new rejection, and goes back until --attempts-at-most.

A record of more than a megabyte has its payload in the archive's bucket, which the stack names, or --archive-bucket.

Exit codes: 0 all that were meant are back, 1 some are not, 2 wrong usage.`

/** `millrace redrive`: puts rejected records back after a fix. */
export function addRedrive(program: Command, terminal: Terminal): void {
  program
    .command('redrive')
    .description('put rejected records back to the topics they came from')
    .requiredOption('--from <topic>', "the topic of rejections; 'rejected' is the definition's own")
    .option('--pipeline <file>', "the definition that 'rejected' belongs to", 'models/pipeline.ts')
    .option('--stack <name>', 'the deployed stack that names the archive (default: Millrace-<pipeline>)')
    .option('--archive-bucket <name>', 'the archive, instead of a stack')
    .option('--brokers <host:port,...>', 'the brokers of a Kafka cluster', parseBrokers)
    .addOption(new Option('--cluster-arn <arn>', 'or an MSK cluster, which names its brokers').conflicts('brokers'))
    .addOption(new Option('--auth <way>', 'how to sign in (default: iam with --cluster-arn, else none)').choices(['iam', 'none']))
    .option('--code <code...>', 'only records rejected for one of these, such as EVENT_INVALID')
    .option('--step <name>', 'only records rejected by this step')
    .option('--since <time>', 'only records rejected from then on, as ISO 8601', parseTime)
    .option('--until <time>', 'only records rejected before', parseTime)
    .option('--limit <count>', 'records to put back at most', parseCount)
    .option('--attempts-at-most <count>', 'leave a record alone that was put back so often', parseCount, 3)
    .option('--dry-run', 'only count')
    .option('--json', 'print nothing but the counts, as JSON')
    .addHelpText('after', notes)
    .action((flags: RedriveFlags) => redrive(flags, terminal))
}

/**
 * Puts back and prints the counts.
 *
 * @throws MillraceError where not everything that was meant is back, after the counts have been printed
 */
async function redrive(flags: RedriveFlags, { stdout, stderr, signal }: Terminal): Promise<void> {
  const isDryRun = flags.dryRun === true
  const cluster = toCluster(flags)
  const topic = flags.from === 'rejected' ? `${(await loadPipeline(flags.pipeline)).name}.rejected` : flags.from
  const kafka = await openTopic(cluster, flags.auth ?? (flags.clusterArn ? 'iam' : 'none'), topic, '--from')
  const ledger = await openLedger(kafka, topic, { isReadOnly: isDryRun })
  const progress = flags.json ? undefined : makeProgress(stderr)
  let redriven = 0
  let report: RedriveReport
  try {
    report = await redriveRecords({
      batches: readTopic({ kafka, topic, onRatio: ratio => progress?.show(ratio, () => `${toRecordCount(redriven)} put back`) }),
      ledger,
      claims: openClaims(flags),
      filter: { codes: flags.code, step: flags.step, sinceMs: flags.since, untilMs: flags.until },
      attemptsAtMost: flags.attemptsAtMost,
      limit: flags.limit,
      isDryRun,
      isTopic: name => ledger.partitionCountOf(name) > 0,
      onProgress: counts => {
        redriven = counts.redriven
      },
      signal,
    })
  } finally {
    await ledger.close().catch(() => {}) // the counts stand, whatever a lost broker says to a farewell
  }
  progress?.clear()
  const { error, ...counts } = report
  const json = { from: topic, dryRun: isDryRun, ...counts, error: error ? { code: error.code, message: error.message } : null }
  stdout.write(flags.json ? `${JSON.stringify(json)}\n` : `${toReportText(topic, isDryRun, report)}\n`)
  if (error) throw error
}

/** The archive's bucket, looked up at the first rejection that needs it: most runs have none. */
function openClaims(flags: RedriveFlags): Pick<ObjectStore, 'get'> {
  const open = async () => {
    if (flags.archiveBucket !== undefined) return openBucket(flags.archiveBucket)
    const stackName = toStackName(flags, await loadPipeline(flags.pipeline))
    return openBucket(pickOutput(await readStackOutputs(stackName), 'ArchiveBucketName', stackName))
  }
  let bucket: Promise<ObjectStore> | undefined
  return {
    async get(key) {
      bucket ??= open()
      return (await bucket).get(key)
    },
  }
}

/** One line of what went back, and one for each reason why others did not. */
function toReportText(topic: string, isDryRun: boolean, report: RedriveReport): string {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count.toLocaleString('en')}`)
      .join(', ')
  const goneBack = `${topic}: ${toRecordCount(report.redriven)} ${isDryRun ? 'would go back' : 'put back'} in ${report.seconds.toFixed(1)} s`
  const others = [
    [report.before, 'put back before'],
    [report.outOfAttempts, 'put back too often already'],
    [report.passedOver, 'not meant'],
    [report.unknown, 'not written by a step'],
    [report.homeless, 'from a topic that is not there'],
    [report.gone, 'whose payload is gone'],
    [report.tooLarge, 'too large for their topic'],
  ] as const
  const lines = others.filter(([count]) => count > 0).map(([count, what]) => `  ${toRecordCount(count)} ${what}`)
  const detail = report.redriven > 0 ? [`  for ${list(report.byCode)}; to ${list(report.byTopic)}`] : []
  return [goneBack, ...detail, ...lines].join('\n')
}
