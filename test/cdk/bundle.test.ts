import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { bundleSteps } from '../../cdk/bundle.ts'
import { loadPipeline } from '../../cdk/load-pipeline.ts'
import { copiesOf } from '../../cdk/natives.ts'
import { kafkaSteps, scheduledSteps } from '../../cdk/steps.ts'

const names = [...kafkaSteps, ...scheduledSteps].map(({ name }) => name)
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
    for (const name of names) assert.match(readFileSync(join(folderOf(name), 'index.js'), 'utf8'), /chosen-by-test/, name)
  })
})

describe('copiesOf', () => {
  it('takes one system and one processor', () => {
    const paths = copiesOf('onnxruntime-node', 'arm64').map(({ to }) => to)
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
