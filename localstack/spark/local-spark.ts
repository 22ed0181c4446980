import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ObjectStore } from '#functions/ports.ts'
import type { JobState, TrainingEngine } from '#functions/training-engine.ts'
import { MillraceError } from '#models/errors.ts'
import { sparkFolder } from '../folders.mjs'
import { findMissingSpark } from '../setup/spark.mjs'

const script = fileURLToPath(new URL('../../functions/retrain/spark/train.py', import.meta.url))
const leftFiles = ['model.onnx', 'measured.onnx', 'result.json'] // the one that makes the others count comes last

/**
 * The engine of Spark on this machine, `local[2]`, in place of EMR Serverless: the same script with the same input, on copies of the objects in a
 * folder, since Spark's own client of S3 is 600 MB of jars.
 *
 * @example const engine = localSpark({ folder, archive, models }); const job = await engine.start({ id, inputKey }); await engine.ended(job)
 */
export function localSpark({
  folder,
  archive,
  models,
  python = path.join(sparkFolder, 'bin', 'python'),
  findMissing = () => findMissingSpark(process.env),
}: {
  /** Absolute. */
  readonly folder: string
  readonly archive: Pick<ObjectStore, 'get'>
  readonly models: Pick<ObjectStore, 'get' | 'put'>
  /** The one that setup:spark installs, if absent. */
  readonly python?: string
  /** What this machine lacks. */
  readonly findMissing?: () => Promise<string | undefined>
}): TrainingEngine & { ended(jobId: string): Promise<JobState> } {
  const jobs = new Map<string, { now: JobState; readonly end: Promise<JobState> }>()
  const fileOf = (store: 'archive' | 'models', key: string) => path.join(folder, store, key)

  const bring = async (store: 'archive' | 'models', key: string) => {
    const object = await { archive, models }[store].get(key)
    if (!object) throw new Error(`${key} was listed and is gone`)
    await mkdir(path.dirname(fileOf(store, key)), { recursive: true })
    await writeFile(fileOf(store, key), object.body)
    return object.body
  }
  const run = async (inputKey: string): Promise<JobState> => {
    try {
      const { objects } = JSON.parse(Buffer.from(await bring('models', inputKey)).toString('utf8')) as {
        readonly objects: readonly string[]
      }
      const archived = `${pathToUri(fileOf('archive', ''))}/`
      for (const uri of objects) await bring('archive', uri.slice(archived.length))
      await runPython(python, pathToUri(fileOf('models', inputKey)))
      const prefix = path.posix.dirname(inputKey)
      for (const file of leftFiles) await models.put(`${prefix}/${file}`, await readFile(fileOf('models', `${prefix}/${file}`)))
      return { state: 'succeeded' }
    } catch (error) {
      return { state: 'failed', reason: (error as Error).message }
    }
  }
  return {
    uriOf: (store, key) => pathToUri(fileOf(store, key)) + (key.endsWith('/') ? '/' : ''),
    async start({ id, inputKey }) {
      const missing = await findMissing()
      if (missing !== undefined) throw new MillraceError('PREREQUISITE_MISSING', missing)
      if (!jobs.has(id)) {
        const job = { now: { state: 'running' } as JobState, end: run(inputKey) }
        job.end.then(state => Object.assign(job, { now: state }))
        jobs.set(id, job)
      }
      return id
    },
    look: async jobId => jobs.get(jobId)?.now ?? { state: 'failed', reason: `no job ${jobId} is known here: the program was started anew` },
    ended: jobId => jobs.get(jobId)!.end,
  }
}

/** A plain address: Hadoop's paths take no percent signs. */
const pathToUri = (file: string) => `file://${path.resolve(file)}`

/** Runs train.py on two processors. What it wrote last on stderr of its own says why it failed. */
async function runPython(python: string, inputUri: string): Promise<void> {
  const env = { ...process.env, PYSPARK_PYTHON: python, PYSPARK_DRIVER_PYTHON: python, SPARK_LOCAL_IP: '127.0.0.1' }
  const submit = '--master local[2] --driver-memory 2g --conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=2 pyspark-shell'
  const options = { env: { ...env, PYSPARK_SUBMIT_ARGS: submit }, maxBuffer: 64 * 1024 * 1024 }
  await promisify(execFile)(python, ['-W', 'ignore', script, inputUri], options).catch(cause => {
    const { stderr = '', signal, code, message } = cause as { stderr?: string; signal?: string; code?: number | string; message: string }
    const said = stderr.split('\n').findLast(line => line.startsWith('train.py: '))
    if (said !== undefined) throw new Error(said)
    throw new Error(
      code === 'ENOENT' ? `${python} cannot be started: ${message}` : `train.py ended with ${signal ?? code}: ${stderr.trim().slice(-500)}`,
    )
  })
}
