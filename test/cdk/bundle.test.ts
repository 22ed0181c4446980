import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { toColumns } from '#functions/archive/columns.ts'
import { pipeline } from '#models/pipeline.ts'
import { bundleSteps } from '../../cdk/bundle.ts'
import { loadPipeline } from '../../cdk/load-pipeline.ts'
import { copiesOf } from '../../cdk/natives.ts'
import { allSteps } from '../../cdk/steps.ts'
import { makeRecord } from '../checks/step-checks.ts'
import { makeFeedback } from '../fixtures.ts'

const names = allSteps.map(({ name }) => name)
const options = { pipelineFile: 'models/pipeline.ts', architecture: 'x86_64' } as const

describe('bundleSteps', () => {
  let folderOf: (step: string) => string
  before(async () => {
    folderOf = await bundleSteps('bundle-test', options)
  })
  for (const name of names) {
    it(`makes ${name} a module that Node loads, with a handler`, () => {
      const { handler } = createRequire(import.meta.url)(join(folderOf(name), 'index.js'))
      assert.equal(typeof handler, 'function')
    })
  }
  it('leaves out the languages of zod but English', () => {
    for (const name of names) {
      const bundle = readFileSync(join(folderOf(name), 'index.js'), 'utf8')
      assert.ok(bundle.includes('Invalid input: expected'), name)
      assert.ok(!bundle.includes('Entrée invalide'), name)
    }
  })
  it('puts the query of retrain where its bundle reads it', async () => {
    const record = makeRecord(makeFeedback(), { topic: 'flights.feedback' })
    const object = encodeParquet(toColumns(pipeline, [record]))
    const key = 'flights.feedback/date=2026-11-23/hour=05/0-0-0.parquet'
    const stored = new Map<string, Buffer>([[`/archive/${key}`, Buffer.from(object)]])
    const listOf = (prefix: string) => {
      const keys = [...stored.keys()].map(path => path.slice('/archive/'.length)).filter(name => name.startsWith(prefix))
      return `<ListBucketResult>${keys.map(name => `<Contents><Key>${name}</Key></Contents>`).join('')}</ListBucketResult>`
    }
    const s3 = createServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url!, 'http://s3')
      const path = decodeURIComponent(pathname)
      response.setHeader('etag', '"1"')
      if (request.method === 'PUT') stored.set(path, Buffer.concat(await request.toArray()))
      const body = searchParams.has('list-type') ? listOf(searchParams.get('prefix') ?? '') : stored.get(path)
      if (body === undefined) response.statusCode = 404 // no champion yet
      response.end(request.method === 'PUT' ? undefined : body)
    })
    s3.listen(0, '127.0.0.1')
    await once(s3, 'listening')
    const env = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(s3.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      ARCHIVE_BUCKET: 'archive',
      MODEL_BUCKET: 'models',
    }
    try {
      const script = `require(${JSON.stringify(join(folderOf('retrain'), 'index.js'))}).handler()`
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { env, cwd: tmpdir() })
      const { step, trained, reason } = JSON.parse(stdout.split('\n')[0]) // its metrics follow
      assert.deepEqual([step, trained, reason], ['retrain', false, '1 holdout rows, 30 wanted: 1 labelled rows in 1 objects'])
    } finally {
      s3.close()
    }
  })
  it('gives the same bytes for the same sources', async () => {
    const read = () => names.map(name => readFileSync(join(folderOf(name), 'index.js'), 'utf8'))
    const first = read()
    await bundleSteps('bundle-test', options)
    assert.deepEqual(read(), first)
  })
  it('copies native packages once', async () => {
    const path = join(folderOf('infer'), 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1')
    const before = statSync(path).mtimeMs
    await bundleSteps('bundle-test', options)
    assert.equal(statSync(path).mtimeMs, before)
  })
  it('puts the chosen definition into every step', async () => {
    const pipelineFile = join(mkdtempSync(join(tmpdir(), 'millrace-')), 'chosen.ts')
    writeFileSync(pipelineFile, "export const pipeline = { name: 'chosen-by-test' }\n")
    await bundleSteps('bundle-test', { ...options, pipelineFile })
    const withDefinition = names.filter(name => name !== 'topics') // it is told what to make
    for (const name of withDefinition) assert.match(readFileSync(join(folderOf(name), 'index.js'), 'utf8'), /chosen-by-test/, name)
  })
})

describe('copiesOf', () => {
  it('takes one system and one processor', async () => {
    const paths = (await copiesOf('onnxruntime-node', 'arm64')).map(({ to }) => to)
    assert.deepEqual(
      paths.filter(path => path.includes('/bin/')),
      ['node_modules/onnxruntime-node/bin/napi-v6/linux/arm64'],
    )
  })
})

describe('loadPipeline', () => {
  it('rejects a file that is not there', async () => {
    await assert.rejects(
      loadPipeline('models/missing.ts'),
      /pipelineFile must name a file, got .*models\/missing.ts; change it with -c pipelineFile=/,
    )
  })
  it('rejects a file without a pipeline', async () => {
    await assert.rejects(loadPipeline('models/errors.ts'), /pipelineFile must export `pipeline`/)
  })
})
