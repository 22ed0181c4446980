import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { makeRetrainTrigger, type RetrainTrigger } from '#models/policy/retrain-when.ts'
import { readArchivedHistory, readArchivedInputs } from './backtest/archive-history.ts'
import { type History, readHistory, selectSpan } from './backtest/history.ts'
import { toBacktestPage } from './backtest/html/page.ts'
import { type InputFlags, openInputs, textOfData } from './backtest/input-files.ts'
import type { InputHistory } from './backtest/input-history.ts'
import { makeLayeredRows } from './backtest/layered-rows.ts'
import { batchRows, runBacktest } from './backtest/run.ts'
import { summarize } from './backtest/summary.ts'
import { toBacktestText } from './backtest/text.ts'
import { parseCount } from './flags/parse-count.ts'
import { parsePair } from './flags/parse-pair.ts'
import { parseSpan, type Span } from './flags/parse-span.ts'
import { parseTime } from './flags/parse-time.ts'
import { loadPipeline } from './load-pipeline.ts'
import { makeProgress, toRate } from './progress.ts'
import { openRows } from './read-rows.ts'
import { makeArchiveReader } from './replay/archive-reader.ts'
import { pickOutput, readStackOutputs } from './stack-outputs.ts'
import { openBucket, toStackName } from './stores.ts'
import type { Terminal } from './terminal.ts'
import { checkWritable, type JsonFlag, writeResult } from './write-json.ts'

interface BacktestFlags extends InputFlags {
  readonly pipeline?: string
  readonly data?: string
  readonly fromArchive?: true
  readonly stack?: string
  readonly archiveBucket?: string
  readonly withoutInputs?: true
  readonly labelDelay?: Span
  readonly retrainEvery?: Span
  readonly layer?: true
  readonly layerEvery?: Span
  readonly from?: number
  readonly to?: number
  readonly limit?: number
  readonly sort?: true
  readonly report?: string
  readonly json?: JsonFlag
}

const notes = `
Every row of the file is an event and, in the same row, its label. Columns are the fields of the definition, or what its \`history\` makes
of them; a definition may ask for rowId and rowAtMs, which any file has. Rows come in event time.

Each row is predicted by the champion of that moment before its label is known. With --label-delay 500 the label is known after 500 further
rows, with --label-delay 6h after six hours of event time; without it, when the label's own time says so. Candidates are trained from the
labels known by then and must pass the same gate as live: early and as the rows grow, on the definition's schedule, and when the error asks
for it; --retrain-every puts rows or event time in the schedule's place.

A definition's inputs come from files of their own, a file an input, in the order of time: --input logins=logins.csv --input
limits=limits.ndjson. Columns are the input's fields. A record of a stream is known at its own time. A row of a table holds from its place
in time on: it needs the key of its Kafka record (column key, or --input-key limits=cardId) and the time at which it was written (column
recordedAtMs, or --input-time limits=changedAtMs, in milliseconds or ISO 8601); one whose fields are all empty takes the key's row away.
Without its file a definition with inputs is refused, unless --without-inputs says that what features are given of them is null.

Where a file has a column recordedAtMs that is no field, clocks are checked against it as live. In event time no event is late, and one of
an id that came before is refused: within clean.repeatsWithinMs as live, or ever where the definition does not say.

Rows are scored in batches of ${batchRows}, as live, and a training is due between batches: a schedule that is finer than that many rows trains
after each batch.

With --layer each row has a second score, by learners over the champion that change with every label (models/layer/README.md); training and
gate see nothing of it, so the other figures stay what they are. --layer-every 10s is about what a deployed layer has.

With --from-archive events, labels and inputs are those that the deployed pipeline has archived, compacted or not, and --from and --to pick
the hours that are read; an event has the last label of its id, one without a label is scored and not judged.

With files it needs no Kafka, no AWS and no network. Exit codes: 0 done, 1 the file or the definition is refused, 2 wrong usage.`

/** `millrace backtest`: judges a definition on a file of history, in a minute and on one machine. */
export function addBacktest(program: Command, terminal: Terminal): void {
  program
    .command('backtest')
    .description('run a definition over a file of history and judge its predictions')
    .option('--pipeline <file>', 'the definition (default: models/pipeline.ts)')
    .option('--data <file>', 'the history: .csv, .ndjson, .jsonl or .parquet')
    .option('--from-archive', 'or the events, labels and inputs that the deployed pipeline has archived')
    .option('--stack <name>', 'the deployed stack that names the archive (default: Millrace-<pipeline>)')
    .option('--archive-bucket <name>', 'the archive, instead of a stack')
    .option('--text <column...>', 'CSV columns to keep as text; limits.zip is that of input limits')
    .option('--input <name=file>', 'the records of an input of the definition; once for each', parsePair)
    .option('--input-key <name=column>', "the column that is a table's key (default: key)", parsePair)
    .option('--input-time <name=column>', 'the column that says when a record was known', parsePair)
    .option('--without-inputs', 'leave out the inputs that no file is given of')
    .option('--label-delay <rows or time>', 'when a label is known: 500, or 90s, 15m, 6h, 2d', parseSpan)
    .option('--retrain-every <rows or time>', 'how often a candidate is trained, instead of the schedule', parseSpan)
    .option('--layer', 'score with the online layer over the models too, which learns every label')
    .option('--layer-every <rows or time>', 'how old the state may be that the layer scores with; each label at once if absent', parseSpan)
    .option('--from <time>', 'leave out what is earlier in event time', parseTime)
    .option('--to <time>', 'stop at this event time', parseTime)
    .option('--limit <count>', 'rows to predict at most', parseCount)
    .option('--sort', 'read the whole file into memory and sort it by event time')
    .option('--report <file>', 'write the report as an HTML page')
    .option('--json [file]', 'print the result as JSON, or write it to a file')
    .addHelpText('after', notes)
    .action((flags: BacktestFlags) => backtest(flags, terminal))
}

async function backtest(flags: BacktestFlags, terminal: Terminal): Promise<void> {
  const { stderr, signal } = terminal
  await checkWritable('--json', flags.json)
  await checkWritable('--report', flags.report)
  const { labelDelay = 'label time', from: fromMs, to: toMs, limit } = flags
  const pipeline = await loadPipeline(flags.pipeline)
  const { data, inputs, history, readRatio } = await openHistory(pipeline, flags)
  const progress = makeProgress(stderr)
  const startedMs = performance.now()
  const outcome = await runBacktest({
    pipeline,
    entries: selectSpan(history.entries, { fromMs, toMs, limit }),
    inputs,
    ...(flags.withoutInputs ? { withoutInputs: true } : {}),
    labelDelay,
    trigger: makeTrigger(pipeline, flags.retrainEvery),
    layer: flags.layer || flags.layerEvery ? makeLayeredRows(pipeline, flags.layerEvery) : undefined,
    onProgress: ({ rows, retrains, champion = 'no model yet' }) => {
      const rate = toRate(rows, (performance.now() - startedMs) / 1000)
      progress.show(
        readRatio(),
        () => `${rows.toLocaleString('en')} rows  ${rate.toLocaleString('en')}/s  ${retrains} trainings  ${champion}`,
      )
    },
    onRejected: history.reject,
    signal,
  })
  progress.clear()
  if (outcome.predicted.rowCount === 0) throw new MillraceError('FILE_INVALID', `no row of ${data} lies between --from and --to`)
  const result = await summarize({ pipeline, data, counts: history.readCounts(), inputs, labelDelay, outcome })
  await writeResult(terminal, { json: flags.json, text: toBacktestText(result), value: result })
  if (flags.report) await writeFile(flags.report, toBacktestPage(result))
  if (signal.aborted) throw new MillraceError('ARGUMENT_INVALID', 'stopped early: the figures are of the rows so far')
}

interface OpenHistory {
  /** What was read, for reports. */
  readonly data: string
  readonly history: History
  readonly inputs: InputHistory[]
  readRatio(): number
}

/** The history that is meant: files, or the archive. */
async function openHistory(pipeline: Pipeline, flags: BacktestFlags): Promise<OpenHistory> {
  const { data, fromArchive, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = flags
  if ((data === undefined) !== (fromArchive === true)) {
    const got = fromArchive ? 'both' : 'neither'
    throw new MillraceError('ARGUMENT_INVALID', `give --data FILE or --from-archive, got ${got}`)
  }
  if (data === undefined) {
    if (flags.input)
      throw new MillraceError('ARGUMENT_INVALID', '--input goes with --data: with --from-archive inputs come from the archive')
    const stackName = toStackName(flags, pipeline)
    const bucket =
      flags.archiveBucket ??
      pickOutput(await readStackOutputs(stackName, { instead: 'the archive with --archive-bucket' }), 'ArchiveBucketName', stackName)
    const archive = makeArchiveReader(openBucket(bucket))
    const span = { fromMs: from, toMs: to }
    const inputs = await readArchivedInputs(archive, pipeline, span)
    return { data: `archive ${bucket}`, inputs, history: await readArchivedHistory(archive, pipeline, span), readRatio: () => 1 }
  }
  const isSorted = { isSorted: !flags.sort }
  const inputs = await openInputs(pipeline, flags, isSorted)
  const source = await openRows(data, { textColumns: textOfData(flags.text ?? [], flags), flag: '--data' })
  return { data, inputs, history: readHistory(pipeline, source.rows, isSorted), readRatio: () => source.readRatio() }
}

/** Early, as the rows grow and when the error asks for it, beside the schedule. */
function makeTrigger({ retrain }: Pipeline, every: Span | undefined): RetrainTrigger {
  if (every === undefined) return makeRetrainTrigger(retrain.when)
  const off = { everyMs: Number.POSITIVE_INFINITY, everyRows: Number.POSITIVE_INFINITY }
  return makeRetrainTrigger({ ...retrain.when, ...off, ...('rows' in every ? { everyRows: every.rows } : { everyMs: every.ms }) })
}
