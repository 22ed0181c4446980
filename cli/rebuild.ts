import { type Command, Option } from 'commander'
import { dynamoState } from '#functions/adapters/state-store.ts'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { addClusterFlags, type ClusterFlags, type ClusterPlace, findCluster } from './find-cluster.ts'
import { parseDuration } from './flags/parse-duration.ts'
import { loadPipeline } from './load-pipeline.ts'
import { openCluster } from './open-cluster.ts'
import { makeProgress, toRateText, toRecordCount } from './progress.ts'
import { type PartitionOffsets, readOffsets } from './rebuild/offsets.ts'
import { type RebuildReport, runRebuild } from './rebuild/run.ts'
import { toRebuildText } from './rebuild/text.ts'
import { pickOutput, readStackOutputs, type StackOutputs } from './stack-outputs.ts'
import { readDeployment } from './status/deployment.ts'
import { tellingState } from './store-failure.ts'
import { openBucket, type StoreFlags, toStackName } from './stores.ts'
import type { Terminal } from './terminal.ts'
import { checkWritable, type JsonFlag, writeResult } from './write-json.ts'

interface RebuildFlags extends Omit<StoreFlags, 'bucket'>, ClusterFlags {
  readonly wait: number
  readonly archiveBucket?: string
  readonly stateTable?: string
  readonly json?: JsonFlag
}

const notes = `
A definition whose aggregates, inputs, lateness, repeats or revision changed keeps its windows under another layout, which begins empty.
This fills it beforehand: archived events, labels and inputs are counted as the step preprocess counts them, up to the offsets that it has
committed, so that it goes on with the next record, and nothing is counted twice or left out. Nothing is sent, and the windows of the
deployed layout are not touched.

  1. millrace rebuild               with the new definition, while the old one runs; it says how far preprocess went meanwhile
  2. pause the event source mappings of preprocess and join, and wait until they are Disabled
  3. millrace rebuild               goes on where it was: seconds
  4. deploy, and enable the mappings again

Where the archive does not hold yet what preprocess has counted, it waits for --wait and then gives up, having written nothing. It may be
run again at any time, also after it died, and before going back to a layout that was used before.

Archive, state table and cluster are those of the stack (default: Millrace-<pipeline>) unless named.

Exit codes: 0 the state stands where preprocess goes on; 1 preprocess is ahead, or a failure; 2 wrong usage.`

/** `millrace rebuild`: windows of another layout, from the archive. */
export function addRebuild(program: Command, terminal: Terminal): void {
  addClusterFlags(program.command('rebuild'))
    .description('fill the windows of a changed definition from the archive')
    .addOption(
      new Option('--wait <time>', 'how long the archive may take to hold what preprocess has counted: 30s, 5m')
        .argParser(parseDuration)
        .default(60_000, '1m'),
    )
    .option('--pipeline <file>', "the definition (default: this repository's models/pipeline.ts)")
    .option('--stack <name>', 'the deployed stack that names the stores (default: Millrace-<pipeline>)')
    .option('--archive-bucket <name>', 'the archive, instead of a stack')
    .option('--state-table <name>', 'the state table, instead of a stack')
    .option('--json [file]', 'print the report as JSON, or write it to a file')
    .addHelpText('after', notes)
    .action((flags: RebuildFlags) => rebuild(flags, terminal))
}

/**
 * Rebuilds and prints what was done.
 *
 * @throws MillraceError PREREQUISITE_MISSING where preprocess went on meanwhile, after the report has been printed
 */
async function rebuild(flags: RebuildFlags, terminal: Terminal): Promise<void> {
  const { stderr, signal } = terminal
  await checkWritable('--json', flags.json)
  const pipeline = await loadPipeline(flags.pipeline)
  const { archiveBucket, stateTable, place } = await findPlaces(flags, pipeline)
  const progress = makeProgress(stderr)
  const startMs = performance.now()
  const report = await runRebuild(
    {
      pipeline,
      archive: openBucket(archiveBucket),
      state: tellingState(stateTable, dynamoState(stateTable)),
      readOffsets: () => lookAtOffsets(place, pipeline),
      nowMs: Date.now,
    },
    {
      waitMs: flags.wait,
      signal,
      onProgress: (done, total) => progress.show(done / total, () => toRateText(done, (performance.now() - startMs) / 1_000)),
    },
  ).finally(() => progress.clear())
  const value = { pipeline: pipeline.name, ...report }
  await writeResult(terminal, { json: flags.json, text: toRebuildText(pipeline.name, report), value })
  checkCaughtUp(report)
}

/** @throws PREREQUISITE_MISSING where preprocess has counted records that the new state does not hold */
export function checkCaughtUp({ behind }: Pick<RebuildReport, 'behind'>): void {
  if (behind === 0) return
  const message = `preprocess went on by ${toRecordCount(behind)} meanwhile; pause its event source mappings and join's and run this again, then deploy`
  throw new MillraceError('PREREQUISITE_MISSING', message)
}

async function lookAtOffsets({ cluster, auth }: ClusterPlace, pipeline: Pipeline): Promise<readonly PartitionOffsets[]> {
  let offsets: readonly PartitionOffsets[] = []
  await openCluster(cluster, auth, async admin => {
    offsets = await readOffsets(admin, pipeline)
  })
  return offsets
}

/** The stores and the cluster: as named, the rest by the stack. */
async function findPlaces(flags: RebuildFlags, pipeline: Pipeline) {
  const { archiveBucket, stateTable } = flags
  const stackName = toStackName(flags, pipeline)
  const outputs: StackOutputs =
    archiveBucket && stateTable ? {} : await readStackOutputs(stackName, { instead: 'the stores with --archive-bucket and --state-table' })
  return {
    archiveBucket: archiveBucket ?? pickOutput(outputs, 'ArchiveBucketName', stackName),
    stateTable: stateTable ?? pickOutput(outputs, 'StateTableName', stackName),
    place: await findCluster(flags, () => readDeployment(stackName, pipeline.name)),
  }
}
