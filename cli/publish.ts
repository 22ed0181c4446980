import { type Command, Option } from 'commander'
import type { Kafka } from 'kafkajs'
import { type Acks, kafkaSender } from '#functions/adapters/kafka-sender.ts'
import { MillraceError } from '#models/errors.ts'
import { addClusterFlags, type ClusterFlags, findOwnCluster } from './find-cluster.ts'
import { parseCount } from './flags/parse-count.ts'
import { openTopic } from './open-topic.ts'
import { makeProgress, toRate, toRateText, toRecordCount } from './progress.ts'
import { type PublishReport, publishRows, reportNothingSent } from './publish-rows.ts'
import { openRows } from './read-rows.ts'
import type { Terminal } from './terminal.ts'

interface PublishFlags extends ClusterFlags {
  readonly topic: string
  readonly file: string
  readonly pipeline?: string
  readonly stack?: string
  readonly key?: string
  readonly text?: readonly string[]
  readonly acks: Acks
  readonly rate?: number
  readonly limit?: number
  readonly json?: true
}

const notes = `
Rows become JSON objects. In a CSV file, quoted cells and --text columns are text; of the others an empty cell is null and one that reads
as a JSON number is that number. NDJSON lines go out as they stand. Of Parquet, times become epoch milliseconds.

--acks says when a record counts as published, and so what can be lost or doubled:
  all  every in-sync replica has it: nothing is lost; a record may come twice if a broker fails (at least once)
  1    the partition's leader has it: lost if the leader fails before the others copied it; may come twice
  0    it has left this machine: lost, unnoticed, whenever anything fails (at most once)

At the end the counts say how many records were acknowledged, how many were sent without an answer (failed: each may be in the topic or
not), and how many rows of the file were not sent at all.

Without --brokers and --cluster-arn the stack names the cluster.

With --cluster-arn, brokers are asked of MSK in the ARN's own region, whatever AWS_REGION says; --auth iam signs in with AWS's usual
credentials, over TLS whose certificates are verified.

Exit codes: 0 all rows published, 1 some were not, 2 wrong usage.`

/** `millrace publish`: any file of rows to any Kafka topic. */
export function addPublish(program: Command, terminal: Terminal): void {
  addClusterFlags(program.command('publish'))
    .description('publish the rows of a file to a Kafka topic')
    .requiredOption('--topic <name>', 'the topic, which must be there')
    .requiredOption('--file <path>', 'rows to publish: .csv, .ndjson, .jsonl or .parquet')
    .option('--pipeline <file>', "the definition whose stack names the brokers (default: this repository's models/pipeline.ts)")
    .option('--stack <name>', 'the deployed stack that names the brokers (default: Millrace-<pipeline>)')
    .option('--key <field>', "the field that is the record's key, which keeps its order (default: no keys)")
    .option('--text <column...>', 'CSV columns to keep as text')
    .addOption(new Option('--acks <who>', 'who must have a record').choices(['all', '1', '0']).default('all'))
    .option('--rate <count>', 'records a second at most', parseCount)
    .option('--limit <count>', 'rows to publish at most', parseCount)
    .option('--json', 'print nothing but the counts, as JSON')
    .addHelpText('after', notes)
    .action((flags: PublishFlags) => publish(flags, terminal))
}

/**
 * Publishes the file and prints the counts.
 *
 * @throws MillraceError where not every row was published, after the counts have been printed
 */
async function publish(flags: PublishFlags, terminal: Terminal): Promise<void> {
  const { file, limit } = flags
  const { stdout, signal } = terminal
  const { cluster, auth } = await findOwnCluster(flags)
  const source = await openRows(file, { textColumns: flags.text ?? [] })
  const report = await openTopic(cluster, auth, flags.topic).then(
    kafka => sendRows(flags, { source, kafka, terminal }),
    (error: unknown) => {
      if (!(error instanceof MillraceError)) throw error
      return reportNothingSent({ rows: source.rows, error, limit, signal })
    },
  )
  stdout.write(flags.json ? `${JSON.stringify(toJsonReport(flags, report))}\n` : `${toReportLine(flags, report)}\n`)
  if (report.error) throw report.error
}

async function sendRows(
  { topic, key, acks, rate, limit, json }: PublishFlags,
  {
    source,
    kafka,
    terminal,
  }: { readonly source: Awaited<ReturnType<typeof openRows>>; readonly kafka: Kafka; readonly terminal: Terminal },
): Promise<PublishReport> {
  const send = kafkaSender(async () => kafka, { acks })
  const progress = json ? undefined : makeProgress(terminal.stderr)
  const report = await publishRows({
    rows: source.rows,
    send,
    topic,
    keyField: key,
    recordsPerSecond: rate,
    limit,
    signal: terminal.signal,
    ...(acks === '0' ? { retryWaitsMs: [] } : {}),
    onProgress: ({ published, seconds }) => {
      const doneRatio = Math.max(source.readRatio(), published / (limit ?? Number.POSITIVE_INFINITY))
      progress?.show(doneRatio, () => toRateText(published, seconds))
    },
  })
  await send.close().catch(() => {}) // the report stands, whatever a lost broker says to a farewell
  progress?.clear()
  return report
}

function toJsonReport({ topic, file, acks }: PublishFlags, { error, ...counts }: PublishReport) {
  const recordsPerSecond = toRate(counts.published, counts.seconds)
  return { topic, file, acks, ...counts, recordsPerSecond, error: error ? { code: error.code, message: error.message } : null }
}

function toReportLine({ topic, acks }: PublishFlags, { published, failed, notSent, bytes, seconds }: PublishReport): string {
  const acknowledged = acks === '0' ? 'sent without acknowledgement' : `acknowledged (acks ${acks})`
  const unsent = notSent === 0 ? '' : `, ${notSent === null ? 'the rest' : notSent.toLocaleString('en')} not sent`
  const amount = `${toRecordCount(published)} ${acknowledged}, ${failed.toLocaleString('en')} failed${unsent}`
  const size = `${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s, ${toRate(published, seconds).toLocaleString('en')} records/s`
  return `${topic}: ${amount}; ${size}`
}
