import { type Command, InvalidArgumentError, Option } from 'commander'
import { dynamoState } from '#functions/adapters/state-store.ts'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { parseDuration } from './flags/parse-duration.ts'
import { parseRatio } from './flags/parse-ratio.ts'
import { parseTime } from './flags/parse-time.ts'
import { loadPipeline } from './load-pipeline.ts'
import type { Knowledge } from './parity/options.ts'
import { type ParityReport, runParity } from './parity/run.ts'
import { toParityText } from './parity/text.ts'
import { makeProgress } from './progress.ts'
import { pickOutput, readStackOutputs, type StackOutputs } from './stack-outputs.ts'
import { tellingState } from './store-failure.ts'
import { openBucket, type StoreFlags, toStackName } from './stores.ts'
import type { Terminal } from './terminal.ts'
import { checkWritable, type JsonFlag, writeResult } from './write-json.ts'

interface ParityFlags extends Omit<StoreFlags, 'bucket'> {
  readonly from: number
  readonly to: number
  readonly knowledge: Knowledge
  readonly sample: number
  readonly tolerance: number
  readonly lag: number
  readonly history?: number
  readonly archiveBucket?: string
  readonly stateTable?: string
  readonly json?: JsonFlag
}

const notes = `
--from and --to are times at which Kafka took the events; --to itself is left out. Without a zone they are UTC.

The features of the archived events are made again from the archived events and labels, and compared with those that were logged with
the predictions, feature by feature.

--knowledge exact: each event sees what it saw then. The log of the state table says which records had been counted, the archive what they
were; all features must be the same to the bit. The log is kept for as long as windows reach, and 7 days more.

--knowledge event-time: each event sees every label whose time is not after its own. That needs the archive alone, and is what the features
mean. A feature that hangs on a label which arrived after the prediction, or less than --lag before it, may differ: not there yet. --lag
is as long as batches gather, or more.

Where more than half of what nothing explains comes out as it was logged once labels count some time earlier, the report says so: a
look-ahead, and how far it reaches. After a pause of the stream windows may hold records from longer ago than they reach: --history.

Archive and state table are those of the stack (default: Millrace-<pipeline>) unless named. Nothing is written but --json.

Exit codes: 0 no difference that nothing explains; 1 there is one above --tolerance, or a failure; 2 wrong usage, or nothing to compare.`

/** `millrace parity`: proves that logged features are those that the definition makes of the archive. */
export function addParity(program: Command, terminal: Terminal): void {
  program
    .command('parity')
    .description('make the features of archived events again and compare them with the logged ones')
    .requiredOption('--from <time>', 'arrival in Kafka from here on, in ISO 8601', parseTime)
    .requiredOption('--to <time>', 'and before this', parseTime)
    .addOption(new Option('--knowledge <what>', 'what an event is taken to have known').choices(['exact', 'event-time']).default('exact'))
    .option('--sample <ratio>', 'share of the events that are compared', parseRatio, 1)
    .option('--tolerance <number>', 'numbers no further apart than this count as the same', parseTolerance, 0)
    .addOption(
      new Option('--lag <time>', 'how late a record may be counted after it arrived: 500ms, 10s, 2m')
        .argParser(parseDuration)
        .default(10_000, '10s'),
    )
    .option('--history <time>', 'read records from this long before --from (default: as far as windows reach, and 1h)', parseDuration)
    .option('--pipeline <file>', "the definition (default: this repository's models/pipeline.ts)")
    .option('--stack <name>', 'the deployed stack that names the stores (default: Millrace-<pipeline>)')
    .option('--archive-bucket <name>', 'the archive, instead of a stack')
    .option('--state-table <name>', 'the state table, instead of a stack')
    .option('--json [file]', 'print the report as JSON, or write it to a file')
    .addHelpText('after', notes)
    .action((flags: ParityFlags) => parity(flags, terminal))
}

async function parity(flags: ParityFlags, terminal: Terminal): Promise<void> {
  const { stderr, signal } = terminal
  const { from: fromMs, to: toMs, knowledge, sample: sampleRatio, tolerance, lag: lagMs, history: historyMs, json } = flags
  if (fromMs >= toMs) {
    const got = `got ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`
    throw new MillraceError('ARGUMENT_INVALID', `--from must be before --to, ${got}`)
  }
  await checkWritable('--json', json)
  const pipeline = await loadPipeline(flags.pipeline)
  const { archiveBucket, stateTable } = await findPlaces(flags, pipeline)
  const progress = makeProgress(stderr)
  const onProgress = (done: number, total: number) => progress.show(done / total, () => `${done.toLocaleString('en')} events`)
  const options = {
    fromMs,
    toMs,
    knowledge,
    sampleRatio,
    tolerance,
    lagMs,
    ...(historyMs === undefined ? {} : { historyMs }),
    onProgress,
    signal,
  }
  const state = stateTable === undefined ? {} : { state: tellingState(stateTable, dynamoState(stateTable)) }
  const report = await runParity({ pipeline, archive: openBucket(archiveBucket), ...state }, options).finally(() => progress.clear())
  const value = { pipeline: pipeline.name, fromMs, toMs, sampleRatio, tolerance, lagMs, ...report }
  await writeResult(terminal, { json, text: toParityText(report), value })
  checkEqual(report)
}

const namesAtMost = 5

/** @throws FEATURES_DIFFER where there is a difference that nothing explains */
export function checkEqual({ unexplainedRows, refusedNow, features }: ParityReport): void {
  if (unexplainedRows + refusedNow === 0) return
  const names = features.filter(({ unexplained }) => unexplained > 0).map(({ name }) => name)
  const refused = refusedNow > 0 ? `${refusedNow} events that were predicted are refused now` : ''
  const more = names.length > namesAtMost ? ` and ${names.length - namesAtMost} more` : ''
  const differing =
    names.length > 0 ? `${unexplainedRows} rows differ without an explanation, in ${names.slice(0, namesAtMost).join(', ')}${more}` : ''
  throw new MillraceError('FEATURES_DIFFER', [differing, refused].filter(Boolean).join('; '))
}

/** The stores: as named, the rest by the stack. */
async function findPlaces(flags: ParityFlags, pipeline: Pipeline): Promise<{ archiveBucket: string; stateTable: string | undefined }> {
  const stackName = toStackName(flags, pipeline)
  const needsState = flags.knowledge === 'exact' && pipeline.windows !== undefined
  const isAllNamed = flags.archiveBucket !== undefined && (!needsState || flags.stateTable !== undefined)
  const outputs: StackOutputs = isAllNamed
    ? {}
    : await readStackOutputs(stackName, { instead: 'the stores with --archive-bucket and --state-table' })
  return {
    archiveBucket: flags.archiveBucket ?? pickOutput(outputs, 'ArchiveBucketName', stackName),
    stateTable: needsState ? (flags.stateTable ?? pickOutput(outputs, 'StateTableName', stackName)) : undefined,
  }
}

function parseTolerance(text: string): number {
  const tolerance = Number(text)
  if (text.trim() !== '' && tolerance >= 0 && tolerance < Number.POSITIVE_INFINITY) return tolerance
  throw new InvalidArgumentError('It must be a number from 0.')
}
