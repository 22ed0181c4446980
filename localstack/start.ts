import path from 'node:path'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { loadPipeline } from '../cli/load-pipeline.ts'
import { checkWritable, writeJson } from '../cli/write-json.ts'
import { toHints } from './console/hints.ts'
import { toReport } from './console/report.ts'
import { paint } from './console/screen.ts'
import { logReport, makeErrorScreen } from './event-source-log.ts'
import { logsFolder } from './folders.mjs'
import { asOnlyRun } from './one-run.ts'
import { defaultPipelineFile, parseStartOptions, type StartOptions } from './options.ts'
import { stopAll } from './processes.ts'
import { streamFlights } from './stream.ts'
import { type System, startSystem } from './system.ts'

const stopping = new AbortController()
let isUp = false

/** The whole local run, from nothing to a summary; gives the exit code. */
async function run(options: StartOptions, pipeline: Pipeline): Promise<number> {
  const startedMs = performance.now()
  const seconds = () => (performance.now() - startedMs) / 1000
  let note = (line: string) => console.error(line)
  const showError = makeErrorScreen(line => note(paint('red', line)))
  const system = await startSystem({
    pipeline,
    pipelineFile: options.pipeline,
    onPhase: phase => console.log(`${paint('dim', `${seconds().toFixed(1).padStart(5)} s`)}  ${phase}`),
    onReport: report => {
      logReport(report)
      showError(report)
    },
  })
  try {
    isUp = true
    const startupSeconds = seconds()
    console.log(
      `${paint('dim', `${startupSeconds.toFixed(1).padStart(5)} s`)}  up: ${system.brokerKind} at ${system.brokers}, ${system.emulatorKind} at ${system.endpoint}`,
    )
    const hints = hintsOf(system, pipeline, options.pipeline)
    console.log(`${hints}\n`)
    const { rows, corrupt: corruptRatio, driftAt, speed } = options
    const { signal } = stopping
    const summary = await streamFlights({
      system,
      pipeline,
      rows,
      corruptRatio,
      startupSeconds,
      signal,
      onLive: show => {
        note = show
      },
      ...(driftAt === undefined ? {} : { driftAt }),
      ...(speed === undefined ? {} : { speed }),
    })
    console.log(toReport(summary))
    if (options.json) await writeJson(options.json, summary)
    if (!summary.drained && !summary.stopped) console.error(paint('red', `not all was accounted for; look into ${logsFolder}`))
    if (!options.exit && !stopping.signal.aborted) await stayUp(hints)
    return summary.drained && summary.unaccounted <= 0 && summary.predictionsRepeated === 0 ? 0 : 1
  } finally {
    await system.stop()
  }
}

/** What leads to the system from another terminal, printed as soon as it is up. */
function hintsOf(system: System, pipeline: Pipeline, pipelineFile: string): string {
  const { outputs } = system.deployment
  const lines = toHints({
    pipelineName: pipeline.name,
    pipelineFile: pipelineFile === defaultPipelineFile ? undefined : pipelineFile,
    endpoint: system.endpoint,
    region: process.env.AWS_REGION ?? '',
    archiveBucket: outputs.ArchiveBucketName,
    modelBucket: outputs.ModelBucketName,
    predictionsTable: outputs.PredictionsTableName,
    logsFolder: path.relative(process.cwd(), logsFolder),
    nowMs: Date.now(),
  })
  return [paint('bold', 'To look around, in another terminal:'), ...lines].join('\n')
}

/** Keeps everything running until Ctrl-C. */
async function stayUp(hints: string): Promise<void> {
  console.log(`\n${paint('bold', 'Everything stays up until Ctrl-C.')} ${hints}`)
  await new Promise<void>(resolve => stopping.signal.addEventListener('abort', () => resolve(), { once: true }))
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!isUp || stopping.signal.aborted) process.exit(130) // nothing to drain yet, or asked twice: the leash ends what is left
    console.error('\nstopping; Ctrl-C once more to stop at once')
    stopping.abort()
  })
}

try {
  const options = parseStartOptions(process.argv.slice(2))
  await checkWritable('--json', options.json)
  const pipeline = await loadPipeline(options.pipeline)
  process.exitCode = await asOnlyRun(() => run(options, pipeline))
  if (stopping.signal.aborted) process.exitCode = 130
} catch (error) {
  const isOurs = error instanceof MillraceError
  console.error(paint('red', isOurs ? `error: ${error.message}` : String((error as Error).stack)))
  process.exitCode = isOurs && error.code === 'ARGUMENT_INVALID' ? 2 : 1 // as `millrace` ends
} finally {
  await stopAll()
}
