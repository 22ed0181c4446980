// MiniStack, the AWS emulator, in a Python venv of its own.
import { join } from 'node:path'
import { ministackFolder, projectFolder } from '../folders.mjs'
import { hasStamp, toStamp } from './folder.mjs'
import { findPython, installVenv } from './venv.mjs'

const requirementsFile = join(projectFolder, 'localstack', 'requirements.txt')
const pythons = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10']
const advice = 'apt-get install python3-venv, or set AWS_ENDPOINT_URL to an emulator of your own'

const currentStamp = () => toStamp([{ file: requirementsFile }])
const findOwnPython = env => findPython(pythons, 'sys.version_info >= (3, 10)', env)

export const ministackStep = {
  name: 'MiniStack (pip)',
  isDone: () => hasStamp(ministackFolder, currentStamp()),
  findMissing: async env => ((await findOwnPython(env)) ? [] : [`Python 3.10 or later with venv (${advice})`]),
  install: async () => installVenv(ministackFolder, currentStamp(), { python: await findOwnPython(process.env), requirementsFile }),
}
