import { type Command, InvalidArgumentError } from 'commander'
import { rejectionCodes } from '#functions/records.ts'
import { MillraceError } from '#models/errors.ts'
import { addClusterFlags } from './find-cluster.ts'
import { parseCount } from './flags/parse-count.ts'
import { parseTime } from './flags/parse-time.ts'
import { makeProgress, toRecordCount } from './progress.ts'
import { failureConditions } from './redrive-failures.ts'
import { openLedger } from './redrive-ledger.ts'
import { type RedriveReport, redriveRecords } from './redrive-records.ts'
import { openSource, type SourceFlags } from './redrive-source.ts'
import type { Terminal } from './terminal.ts'

interface RedriveFlags extends SourceFlags {
  readonly code?: readonly string[]
  readonly step?: string
  readonly topic?: readonly string[]
  readonly since?: number
  readonly until?: number
  readonly limit?: number
  readonly attemptsAtMost: number
  readonly dryRun?: true
  readonly json?: true
}

const notes = `
Each record goes back to the topic and partition it came from, with its key, value and headers as they were, in the order in which records
were put aside.

--from rejected: what steps rejected. A record carries two headers more: millrace-redriven, its place among the rejections, and
millrace-attempts, how often it was put back. One that is rejected again is a new rejection, and goes back until --attempts-at-most.

--from failures: what Lambda gave up, from the bucket that the stack names, or --bucket. A record goes back once, however many steps gave
it up, and with nothing added; all steps that read its topic get it again. Its code is Lambda's condition: RetryAttemptsExhausted,
RecordAgeExceeded or MaximumPayloadSizeExceeded. What Lambda kept without the record is fetched from its topic, while that has it. The
objects stay; the bucket deletes them after 90 days.

What was put back is remembered in the topic <from>.redriven (<pipeline>.failures.redriven), in the same transaction. So it is safe to run
this again, after a crash or by mistake.

A record of more than a megabyte has its payload in the archive's bucket, which the stack names, or --archive-bucket.

--json counts every record that was read once: redriven (put back; with --dry-run, would be), before (put back by an earlier run), repeated
(found again in this run, as where two steps gave it up), outOfAttempts (--attempts-at-most), passedOver (left out by the flags), unknown
(not written by a step, nor by Lambda), homeless (from a topic that is not there any more), gone (its content is kept nowhere any more),
tooLarge (for its topic). byCode and byTopic say of those that were redriven why they were put aside and where they went. homeless, gone
and tooLarge make the exit code 1.

Exit codes: 0 all that were meant are back, 1 some are not, 2 wrong usage.`

const sources = "'rejected' or 'failures' of the definition, or a topic of rejections, such as flights.rejected"

/** @throws commander's InvalidArgumentError for what is none of them, before a stack or a broker is asked for it */
function parseSource(text: string): string {
  if (text === 'rejected' || text === 'failures' || text.endsWith('.rejected')) return text
  throw new InvalidArgumentError(`It must be ${sources}.`)
}

/** `millrace redrive`: puts records back that were rejected or given up, after a fix. */
export function addRedrive(program: Command, terminal: Terminal): void {
  addClusterFlags(program.command('redrive'))
    .description('put records that were rejected or given up back to the topics they came from')
    .requiredOption('--from <source>', sources, parseSource)
    .option('--pipeline <file>', "the definition that 'rejected' and 'failures' belong to", 'models/pipeline.ts')
    .option('--stack <name>', 'the deployed stack that names the buckets (default: Millrace-<pipeline>)')
    .option('--bucket <name>', 'with failures: the bucket, instead of a stack')
    .option('--archive-bucket <name>', 'with rejections: the archive, instead of a stack')
    .option('--code <code...>', 'only records put aside for one of these, such as EVENT_INVALID or RecordAgeExceeded')
    .option('--step <name>', 'only records that this step rejected or failed with')
    .option('--topic <name...>', 'only records that came from one of these topics')
    .option('--since <time>', 'only records put aside from then on, as ISO 8601', parseTime)
    .option('--until <time>', 'only records put aside before', parseTime)
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
  checkCodes(flags)
  const isDryRun = flags.dryRun === true
  const source = await openSource(flags)
  const ledger = await openLedger(source.kafka, source.ledgerOf, { isReadOnly: isDryRun })
  const progress = flags.json ? undefined : makeProgress(stderr)
  let redriven = 0
  let report: RedriveReport
  try {
    const isTopic = (name: string) => ledger.partitionCountOf(name) > 0
    const onRatio = (ratio: number) => progress?.show(ratio, () => `${toRecordCount(redriven)} put back`)
    report = await redriveRecords({
      batches: source.read({ isTopic, isRedriven: place => ledger.has(place), onRatio }),
      ledger,
      filter: { codes: flags.code, step: flags.step, topics: flags.topic, sinceMs: flags.since, untilMs: flags.until },
      attemptsAtMost: flags.attemptsAtMost,
      limit: flags.limit,
      isDryRun,
      isTopic,
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
  const json = { from: source.name, dryRun: isDryRun, ...counts, error: error ? { code: error.code, message: error.message } : null }
  stdout.write(flags.json ? `${JSON.stringify(json)}\n` : `${toReportText(source.name, isDryRun, report)}\n`)
  if (error) throw error
}

/** @throws ARGUMENT_INVALID for a code that nothing is put aside for: a run that leaves everything out would look like one with nothing to do */
function checkCodes({ from, code = [] }: Pick<RedriveFlags, 'from' | 'code'>): void {
  const known: readonly string[] = from === 'failures' ? failureConditions : rejectionCodes
  const unknown = code.find(asked => !known.includes(asked))
  if (unknown === undefined) return
  throw new MillraceError('ARGUMENT_INVALID', `--code must be of ${known.join(', ')} with --from ${from}, got '${unknown}'`)
}

/** One line of what went back, and one for each reason why others did not. */
function toReportText(from: string, isDryRun: boolean, report: RedriveReport): string {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count.toLocaleString('en')}`)
      .join(', ')
  const goneBack = `${from}: ${toRecordCount(report.redriven)} ${isDryRun ? 'would go back' : 'put back'} in ${report.seconds.toFixed(1)} s`
  const others = [
    [report.before, 'put back before'],
    [report.repeated, 'found again, which go back once'],
    [report.outOfAttempts, 'put back too often already'],
    [report.passedOver, 'not meant'],
    [report.unknown, 'not written by a step, nor by Lambda'],
    [report.homeless, 'from a topic that is not there'],
    [report.gone, 'kept nowhere any more'],
    [report.tooLarge, 'too large for their topic'],
  ] as const
  const lines = others.filter(([count]) => count > 0).map(([count, what]) => `  ${toRecordCount(count)} ${what}`)
  const detail = report.redriven > 0 ? [`  for ${list(report.byCode)}; to ${list(report.byTopic)}`] : []
  return [goneBack, ...detail, ...lines].join('\n')
}
