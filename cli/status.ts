import { type Command, InvalidArgumentError } from 'commander'
import { MillraceError } from '#models/errors.ts'
import { addClusterFlags, type ClusterFlags, findCluster } from './find-cluster.ts'
import { loadPipeline } from './load-pipeline.ts'
import { readDeployment } from './status/deployment.ts'
import { readStatus } from './status/read-status.ts'
import { findProblems } from './status/status.ts'
import { toStatusText } from './status/text.ts'
import { type StoreFlags, toStackName } from './stores.ts'
import type { Terminal } from './terminal.ts'

interface StatusFlags extends Pick<StoreFlags, 'pipeline' | 'stack'>, ClusterFlags {
  readonly watch: number
  readonly json?: true
}

const notes = `
The lag is looked at twice, --watch seconds apart. It is growing where it rose by more than half of the records that arrived meanwhile, and
stalled where records waited and nothing was committed; either is wrong, as are a topic that is not there, a cluster that does not serve, a
model in service that is broken, and any part that cannot be read.

A topic's offsets (recordCount in the JSON) are the span from its first to its last: marks of transactions, which are no records, count too.

Credentials and region are AWS's usual ones; AWS_ENDPOINT_URL leads to an emulator. Brokers of MSK answer inside their VPC only: from
elsewhere topics and lag cannot be read, and the rest can.

Exit codes: 0 all is well, 1 something is wrong or cannot be read, 2 wrong usage.`

/** `millrace status`: how a deployed pipeline is. */
export function addStatus(program: Command, terminal: Terminal): void {
  addClusterFlags(program.command('status'))
    .description('show how a deployed pipeline is: cluster, topics, lag, models, windows, schedules, alarms')
    .option('--pipeline <file>', "the definition (default: this repository's models/pipeline.ts)")
    .option('--stack <name>', 'the deployed stack (default: Millrace-<pipeline>)')
    .option('--watch <seconds>', 'how long to watch the lag; 0: one look', parseSeconds, 10)
    .option('--json', 'print the status as JSON')
    .addHelpText('after', notes)
    .action((flags: StatusFlags) => showStatus(flags, terminal))
}

/**
 * Prints the status.
 *
 * @throws MillraceError SERVER_FAILED where something is wrong, after the status has been printed
 */
async function showStatus(flags: StatusFlags, { stdout }: Terminal): Promise<void> {
  const pipeline = await loadPipeline(flags.pipeline)
  const stack = toStackName(flags, pipeline)
  const deployment = await readDeployment(stack, pipeline.name)
  const findPlace = () => findCluster(flags, async () => deployment)
  const status = await readStatus({ pipeline, stack, deployment, findPlace, watchMs: flags.watch * 1_000, nowMs: Date.now() })
  const problems = findProblems(status)
  stdout.write(flags.json ? `${JSON.stringify({ ...status, problems })}\n` : toStatusText(status))
  if (problems.length === 0) return
  throw new MillraceError('SERVER_FAILED', `${problems.length === 1 ? 'one thing is' : `${problems.length} things are`} wrong`)
}

function parseSeconds(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 600) return Number(text)
  throw new InvalidArgumentError('It must be a whole number of seconds from 0 to 600.')
}
