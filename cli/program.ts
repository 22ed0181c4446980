import { Command, CommanderError } from 'commander'
import { MillraceError } from '#models/errors.ts'
import { addBacktest } from './backtest.ts'
import { addInit } from './init.ts'
import { addLayer } from './layer.ts'
import { addModels } from './models.ts'
import { addParity } from './parity.ts'
import { addPreflight } from './preflight.ts'
import { addPromote } from './promote.ts'
import { addPublish } from './publish.ts'
import { addRebuild } from './rebuild.ts'
import { addRedrive } from './redrive.ts'
import { addReplay } from './replay.ts'
import { addReport } from './report.ts'
import { addRollback } from './rollback.ts'
import { addStatus } from './status.ts'
import type { Terminal } from './terminal.ts'
import { addWithdraw } from './withdraw.ts'

/** Every command, in the order in which `--help` lists them. */
const commands = [
  addInit,
  addBacktest,
  addPreflight,
  addPublish,
  addStatus,
  addModels,
  addPromote,
  addWithdraw,
  addRollback,
  addReport,
  addLayer,
  addReplay,
  addRedrive,
  addParity,
  addRebuild,
]

/**
 * Runs a `millrace` command line and gives its exit code: 0 done, 1 not all of it, 2 wrong usage.
 *
 * @example process.exitCode = await runMillrace(['publish', '--topic', 'flights.events', '--file', 'flights.csv', '--brokers', '127.0.0.1:9092'], terminal)
 */
export async function runMillrace(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('millrace')
    .description('machine learning on a stream of Kafka records')
    .exitOverride()
    .configureOutput({ writeOut: text => terminal.stdout.write(text), writeErr: text => terminal.stderr.write(text) })
  for (const add of commands) add(program, terminal)

  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2 // it has said what is wrong
    if (!(error instanceof MillraceError)) throw error
    terminal.stderr.write(`error: ${error.message}\n`)
    return error.code === 'ARGUMENT_INVALID' ? 2 : 1
  }
}
