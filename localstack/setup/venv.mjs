// A Python venv of its own for a server, with the packages of one requirements file and nothing else.
import { join } from 'node:path'
import { installFolder } from './folder.mjs'
import { ask, run } from './shell.mjs'

/**
 * The first of these commands that is a Python whose version `isRight` holds, and that can make a venv; undefined if none is.
 *
 * @example await findPython(['python3.13'], 'sys.version_info[:2] == (3, 13)', process.env)
 */
export async function findPython(commands, isRight, env) {
  // Without ensurepip (Debian's python3 alone) venv makes a folder without pip, and only then fails.
  const probe = `import ensurepip, sys, venv; sys.exit(not (${isRight}))`
  for (const command of commands) {
    if ((await ask(command, ['-c', probe], { env })) !== undefined) return command
  }
  return undefined
}

/** Makes the venv in the folder, stamped. The requirements name every package that is needed, so pip looks for no others. */
export const installVenv = (folder, stamp, { python, requirementsFile, pipOptions = [] }) =>
  installFolder(folder, stamp, async temporary => {
    await run(python, ['-m', 'venv', temporary])
    // The folder moves afterwards, so only `python -m` works in it: the scripts pip writes name the old place.
    // Not compiled: of 2,000 modules a run loads a tenth, and Python compiles those on first use (3 s in place of 14).
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-compile', '--disable-pip-version-check', '--no-color', '--no-deps']
    await run(join(temporary, 'bin', 'python'), [...pip, ...pipOptions, '--requirement', requirementsFile])
  })
