import type { Command } from 'commander'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { rollBack } from './registry/roll-back.ts'
import { addStoreFlags, openModels, type StoreFlags, storeNotes } from './stores.ts'
import type { Terminal } from './terminal.ts'

interface RollbackFlags extends StoreFlags {
  readonly to?: string
  readonly reason: string
  readonly json?: true
}

const notes = `
Without --to it goes back to the champion before the present one; a second rollback then comes back, so name an older one with --to.
Where another writer changes the champion at the same instant, nothing is written and it says so.
`

/** `millrace rollback`: the champion before this one serves again. */
export function addRollback(program: Command, terminal: Terminal): void {
  addStoreFlags(program.command('rollback').description('make an earlier model champion again'))
    .option('--to <version>', 'which one (default: the champion before the present one)')
    .option('--reason <text>', "why, for the champion's history", 'rolled back by hand')
    .option('--json', 'print what changed as JSON')
    .addHelpText('after', notes + storeNotes)
    .action(async (flags: RollbackFlags) => {
      const ports = { ...(await openModels(flags)), load: loadOnnx, nowMs: Date.now }
      const { before, pointer } = await rollBack(ports, flags)
      const text = `${pointer.version} is champion again, instead of ${before}; infer looks at the pointer every second`
      const json = { pipeline: ports.pipeline.name, version: pointer.version, before, reason: flags.reason }
      terminal.stdout.write(`${flags.json ? JSON.stringify(json) : text}\n`)
    })
}
