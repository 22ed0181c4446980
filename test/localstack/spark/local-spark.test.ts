import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { localSpark } from '../../../localstack/spark/local-spark.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-local-spark-'))
after(() => rmSync(folder, { recursive: true }))
const inputKey = 'engine/flights/run1/input.json'
const output = join(folder, 'models/engine/flights/run1')

/** An engine whose Python is this shell script, with one archive object and the input of one run. */
async function open(script: string, { objects = ['a.parquet'] } = {}) {
  const python = join(folder, 'python')
  writeFileSync(python, `#!/bin/sh\n${script}\n`)
  chmodSync(python, 0o755)
  const archive = memoryStore()
  await archive.put('a.parquet', Buffer.from('PAR1'))
  const models = memoryStore()
  const engine = localSpark({ folder, archive, models, python, findMissing: async () => undefined })
  const input = { objects: objects.map(key => engine.uriOf('archive', key)) }
  await models.put(inputKey, Buffer.from(JSON.stringify(input)))
  return { engine, models }
}

describe('Spark on this machine', () => {
  it('gives the model and then the result of a job that ended well, and starts a job once', async () => {
    const { engine, models } = await open(`cd ${output} && echo m > model.onnx && echo e > measured.onnx && echo r >> result.json`)
    await engine.start({ id: 'run1', inputKey })
    const jobId = await engine.start({ id: 'run1', inputKey })
    assert.deepEqual(await engine.ended(jobId), { state: 'succeeded' })
    assert.deepEqual(await engine.look(jobId), { state: 'succeeded' })
    assert.equal(Buffer.from((await models.get('engine/flights/run1/result.json'))!.body).toString(), 'r\n')
  })
  const failures: readonly [what: string, script: string, reason: RegExp][] = [
    [
      'says why the script gave up',
      "echo 'train.py: ValueError: training needs rows of both classes' >&2; exit 1",
      /^train\.py: ValueError: training/,
    ],
    ['names the signal of one that was killed half-way', `echo m > ${output}/model.onnx; kill -9 $$`, /^train\.py ended with SIGKILL/],
  ]
  for (const [what, script, said] of failures) {
    it(`fails and ${what}, and nothing of it is kept`, async () => {
      const { engine, models } = await open(script)
      const state = await engine.ended(await engine.start({ id: 'run1', inputKey }))
      assert.ok(state.state === 'failed')
      assert.match(state.reason, said)
      assert.deepEqual(await models.list('engine/'), [inputKey])
    })
  }
  it('fails where an object of the archive is gone, and names it', async () => {
    const { engine } = await open('exit 0', { objects: ['b.parquet'] })
    const state = await engine.ended(await engine.start({ id: 'run1', inputKey }))
    assert.deepEqual(state, { state: 'failed', reason: 'b.parquet was listed and is gone' })
  })
  it('rejects a start where Spark is not installed, and says how to install it', async () => {
    const findMissing = async () => 'Spark is not installed here; npm run setup:spark installs it'
    const engine = localSpark({ folder, archive: memoryStore(), models: memoryStore(), findMissing })
    await assert.rejects(engine.start({ id: 'run1', inputKey }), {
      code: 'PREREQUISITE_MISSING',
      message: /npm run setup:spark installs it/,
    })
  })
  it('knows no job of a program that is gone', async () => {
    const { engine } = await open('exit 0')
    assert.deepEqual(await engine.look('old'), { state: 'failed', reason: 'no job old is known here: the program was started anew' })
  })
})
