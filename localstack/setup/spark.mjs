// Spark, xgboost and an ONNX writer in a Python venv of their own: 1.1 GB that only retrain.engine 'spark' needs, so `npm run setup:spark` alone installs it.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { javaCommand } from '../choice.mjs'
import { localFolder, projectFolder, sparkFolder } from '../folders.mjs'
import { hasStamp, installFolder, toStamp } from './folder.mjs'
import { readJavaMajor } from './kafka.mjs'
import { withLock } from './lock.mjs'
import { ask, run } from './shell.mjs'

const requirementsFile = join(projectFolder, 'functions', 'retrain', 'spark', 'requirements.txt')
const probe = 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'
const oldestJava = 17

const currentStamp = () => toStamp([{ file: requirementsFile }])

/**
 * Why Spark cannot run on this machine as it is, and what to do; undefined where it can.
 *
 * @example const missing = await findMissingSpark(process.env)
 */
export async function findMissingSpark(env) {
  if (!hasStamp(sparkFolder, currentStamp())) return 'Spark is not installed here; npm run setup:spark installs it (1.1 GB, minutes)'
  const java = await ask(javaCommand(env), ['-version'], { env })
  if (java !== undefined && readJavaMajor(java) >= oldestJava) return undefined
  return `Spark needs Java ${oldestJava} or later; apt-get install openjdk-17-jre-headless`
}

async function install() {
  if (hasStamp(sparkFolder, currentStamp())) return
  if ((await ask('python3', ['-c', probe])) === undefined) throw new Error('Spark needs python3 of 3.11 or later, with venv')
  await withLock(join(localFolder, 'spark.lock'), () =>
    installFolder(sparkFolder, currentStamp(), async folder => {
      await run('python3', ['-m', 'venv', folder])
      // pyspark is a source archive: pip builds it with the setuptools of its own isolated build, so hashes cover what is installed
      const pip = [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--no-input',
        '--disable-pip-version-check',
        '--no-color',
        '--no-deps',
        '--require-hashes',
      ]
      await run(join(folder, 'bin', 'python'), [...pip, '--requirement', requirementsFile])
    }),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await install().catch(error => {
    process.stderr.write(`setup:spark: ${error.message}\n`)
    process.exitCode = 1
  })
}
