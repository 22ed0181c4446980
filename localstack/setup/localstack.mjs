// LocalStack without Docker, in a Python venv of its own: for its test alone, so set-up does not install it.
import { globSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { localFolder, localstackFolder, projectFolder } from '../folders.mjs'
import { hasStamp, toStamp } from './folder.mjs'
import { withLock } from './lock.mjs'
import { ask } from './shell.mjs'
import { findPython, installVenv } from './venv.mjs'

const requirementsFile = join(projectFolder, 'localstack', 'requirements-localstack.txt')

const currentStamp = () => toStamp([{ file: requirementsFile }])

/** LocalStack 4.14.0 is written for 3.13: 3.11 calls it invalid syntax. On PATH, or where pyenv or uv put it. */
async function findOwnPython(env) {
  const underPyenv = globSync(join(env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions', '3.13.*', 'bin', 'python'))
  const ofUv = await ask('uv', ['python', 'find', '--no-python-downloads', '3.13'], { env })
  const commands = ['python3.13', 'python3', ...underPyenv, ...(ofUv ? [ofUv.trim()] : [])]
  return findPython(commands, 'sys.version_info[:2] == (3, 13)', env)
}

/**
 * Installs LocalStack under .local/ where it is not there yet, once for all runs.
 *
 * @returns undefined when it is there, or what this machine lacks
 * @example const missing = await installLocalstack(process.env)
 */
export async function installLocalstack(env) {
  const isDone = () => hasStamp(localstackFolder, currentStamp())
  if (isDone()) return undefined
  const python = await findOwnPython(env)
  if (python === undefined) return 'Python 3.13 with venv, on PATH, of pyenv or of uv'
  await withLock(join(localFolder, 'setup.lock'), async () => {
    if (isDone()) return
    await installVenv(localstackFolder, currentStamp(), { python, requirementsFile, pipOptions: ['--require-hashes'] })
  })
  return undefined
}
