import path from 'node:path'
import { MillraceError } from '#models/errors.ts'
import { localFolder } from './folders.mjs'
import { withLock } from './setup/lock.mjs'

/**
 * Runs `work` as the only local run of this folder: two would share its logs, bundles and synthesized stack. The lock of a run that died is
 * taken over.
 *
 * @throws PREREQUISITE_MISSING where another run is up, with its process id
 */
export function asOnlyRun<T>(work: () => Promise<T>, folder: string = localFolder): Promise<T> {
  return withLock(path.join(folder, 'run.lock'), work, {
    onWait(owner) {
      const message = `a local system is up from this folder already (pid ${owner}), and logs, bundles and the stack under .local are its own; stop that one, or start from another clone`
      throw new MillraceError('PREREQUISITE_MISSING', message)
    },
  })
}
