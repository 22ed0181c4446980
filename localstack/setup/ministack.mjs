// MiniStack, the AWS emulator, in a Python venv of its own.
import { join } from 'node:path'
import { ministackFolder, projectFolder } from '../folders.mjs'
import { hasStamp, installFolder, toStamp } from './folder.mjs'
import { ask, run } from './shell.mjs'

const requirementsFile = join(projectFolder, 'localstack', 'requirements.txt')
const pythons = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10']
const advice = 'apt-get install python3-venv, or set AWS_ENDPOINT_URL to an emulator of your own'

// Without ensurepip (Debian's python3 alone) venv makes a folder without pip, and only then fails.
const probe = 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))'

const currentStamp = () => toStamp([{ file: requirementsFile }])

async function findPython(env) {
  for (const python of pythons) {
    if ((await ask(python, ['-c', probe], { env })) !== undefined) return python
  }
  return undefined
}

export const ministackStep = {
  name: 'MiniStack (pip)',
  isDone: () => hasStamp(ministackFolder, currentStamp()),
  findMissing: async env => ((await findPython(env)) ? [] : [`Python 3.10 or later with venv (${advice})`]),
  install: () =>
    installFolder(ministackFolder, currentStamp(), async folder => {
      await run(await findPython(process.env), ['-m', 'venv', folder])
      // The folder moves afterwards, so only `python -m` works in it: the scripts pip writes name the old place.
      // Not compiled: of 2,000 modules a run loads a tenth, and Python compiles those on first use (3 s in place of 14).
      const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-compile', '--disable-pip-version-check', '--no-color']
      await run(join(folder, 'bin', 'python'), [...pip, '--no-deps', '--requirement', requirementsFile])
    }),
}
