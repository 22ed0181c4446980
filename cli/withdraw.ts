import { Argument, type Command } from 'commander'
import { withdraw } from './registry/withdraw.ts'
import { addStoreFlags, openModels, type StoreFlags, storeNotes } from './stores.ts'
import type { Terminal } from './terminal.ts'

type Withdrawn = 'shadow' | 'challenger'

/** `millrace withdraw`: the shadow or the challenger out of service. A champion is replaced, never withdrawn. */
export function addWithdraw(program: Command, terminal: Terminal): void {
  const role = new Argument('<role>', 'which one').choices(['shadow', 'challenger'])
  addStoreFlags(program.command('withdraw').description('take the shadow or the challenger out of service').addArgument(role))
    .option('--json', 'print what changed as JSON')
    .addHelpText('after', storeNotes)
    .action(async (role: Withdrawn, flags: StoreFlags & { readonly json?: true }) => {
      const { pipeline, models } = await openModels(flags)
      const version = await withdraw({ pipeline, models }, role)
      const text = version === null ? `there is no ${role}: nothing to change` : `${version} is no longer ${role}`
      terminal.stdout.write(`${flags.json ? JSON.stringify({ pipeline: pipeline.name, role, version }) : text}\n`)
    })
}
