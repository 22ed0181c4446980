import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { makeRetrainTrigger, type RetrainTrigger } from '#models/policy/retrain-when.ts'
import { readHistory, selectSpan } from './backtest/history.ts'
import { toBacktestPage } from './backtest/html/page.ts'
import { runBacktest } from './backtest/run.ts'
import { summarize } from './backtest/summary.ts'
import { toBacktestText } from './backtest/text.ts'
import { parseCount } from './flags/parse-count.ts'
import { parseSpan, type Span } from './flags/parse-span.ts'
import { parseTime } from './flags/parse-time.ts'
import { loadPipeline } from './load-pipeline.ts'
import { makeProgress, toRate } from './progress.ts'
import { openRows } from './read-rows.ts'
import type { Terminal } from './terminal.ts'

interface BacktestFlags {
  readonly pipeline?: string
  readonly data: string
  readonly text?: readonly string[]
  readonly labelDelay?: Span
  readonly retrainEvery?: Span
  readonly from?: number
  readonly to?: number
  readonly limit?: number
  readonly sort?: true
  readonly report?: string
  readonly json?: string
}

const notes = `
Every row of the file is an event and, in the same row, its label. Columns are the fields of the definition, or what its \`history\` makes
of them; a definition may ask for rowId and rowAtMs, which any file has. Rows come in event time.

Each row is predicted by the champion of that moment before its label is known. With --label-delay 500 the label is known after 500 further
rows, with --label-delay 6h after six hours of event time; without it, when the label's own time says so. Candidates are trained from the
labels known by then and must pass the same gate as live: early and as the rows grow, on the definition's schedule, and when the error asks
for it; --retrain-every puts rows or event time in the schedule's place.

Needs no Kafka, no AWS and no network. Exit codes: 0 done, 1 the file or the definition is refused, 2 wrong usage.`

/** `millrace backtest`: judges a definition on a file of history, in a minute and on one machine. */
export function addBacktest(program: Command, terminal: Terminal): void {
  program
    .command('backtest')
    .description('run a definition over a file of history and judge its predictions')
    .option('--pipeline <file>', 'the definition (default: models/pipeline.ts)')
    .requiredOption('--data <file>', 'the history: .csv, .ndjson, .jsonl or .parquet')
    .option('--text <column...>', 'CSV columns to keep as text')
    .option('--label-delay <rows or time>', 'when a label is known: 500, or 90s, 15m, 6h, 2d', parseSpan)
    .option('--retrain-every <rows or time>', 'how often a candidate is trained, instead of the schedule', parseSpan)
    .option('--from <time>', 'leave out what is earlier in event time', parseTime)
    .option('--to <time>', 'stop at this event time', parseTime)
    .option('--limit <count>', 'rows to predict at most', parseCount)
    .option('--sort', 'read the whole file into memory and sort it by event time')
    .option('--report <file>', 'write the report as an HTML page')
    .option('--json <file>', 'write the result as JSON')
    .addHelpText('after', notes)
    .action((flags: BacktestFlags) => backtest(flags, terminal))
}

async function backtest(flags: BacktestFlags, { stdout, stderr, signal }: Terminal): Promise<void> {
  const { data, labelDelay = 'label time', from: fromMs, to: toMs, limit } = flags
  const pipeline = await loadPipeline(flags.pipeline)
  const source = await openRows(data, { textColumns: flags.text ?? [], flag: '--data' })
  const history = readHistory(pipeline, source.rows, { isSorted: !flags.sort })
  const progress = makeProgress(stderr)
  const startedMs = performance.now()
  const outcome = await runBacktest({
    pipeline,
    entries: selectSpan(history.entries, { fromMs, toMs, limit }),
    labelDelay,
    trigger: makeTrigger(pipeline, flags.retrainEvery),
    onProgress: ({ rows, retrains, champion = 'no model yet' }) => {
      const rate = toRate(rows, (performance.now() - startedMs) / 1000)
      progress.show(
        source.readRatio(),
        () => `${rows.toLocaleString('en')} rows  ${rate.toLocaleString('en')}/s  ${retrains} trainings  ${champion}`,
      )
    },
    onRejected: history.reject,
    signal,
  })
  progress.clear()
  if (outcome.predicted.rowCount === 0) throw new MillraceError('FILE_INVALID', `no row of ${data} lies between --from and --to`)
  const result = await summarize({ pipeline, data, counts: history.counts, labelDelay, outcome })
  stdout.write(`${toBacktestText(result)}\n`)
  if (flags.json) await writeFile(flags.json, `${JSON.stringify(result, null, 2)}\n`)
  if (flags.report) await writeFile(flags.report, toBacktestPage(result))
  if (signal.aborted) throw new MillraceError('ARGUMENT_INVALID', 'stopped early: the figures are of the rows so far')
}

/** Early, as the rows grow and when the error asks for it, beside the schedule. */
function makeTrigger({ retrain }: Pipeline, every: Span | undefined): RetrainTrigger {
  if (every === undefined) return makeRetrainTrigger(retrain.when)
  const off = { everyMs: Number.POSITIVE_INFINITY, everyRows: Number.POSITIVE_INFINITY }
  return makeRetrainTrigger({ ...retrain.when, ...off, ...('rows' in every ? { everyRows: every.rows } : { everyMs: every.ms }) })
}
