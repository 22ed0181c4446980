import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { readManifests } from '#functions/bundles/registry.ts'
import { bringModel } from '../../cli/promote-onnx.ts'
import { makeTripsOnnx, trips, tripsManifest } from '../foreign-model.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-bring-'))
after(() => rmSync(folder, { recursive: true }))
const files = { onnxFile: join(folder, 'model.onnx'), manifestFile: join(folder, 'model.json') }
const bring = (models: ReturnType<typeof memoryStore>, changed: Partial<typeof files> = {}) => {
  return bringModel({ pipeline: trips, models, ...files, ...changed, nowMs: () => 1 })
}
writeFileSync(files.onnxFile, makeTripsOnnx())
writeFileSync(files.manifestFile, JSON.stringify(tripsManifest))

describe('bringModel', () => {
  it('keeps the two files as a bundle, once', async () => {
    const models = memoryStore()
    const { version } = await bring(models)
    assert.equal((await bring(models)).version, version)
    assert.deepEqual(
      (await readManifests(models, 'trips')).map(manifest => manifest.version),
      [version],
    )
  })
  it('rejects a file that is not there', async () => {
    const missing = bring(memoryStore(), { onnxFile: join(folder, 'none.onnx') })
    await assert.rejects(missing, { code: 'ARGUMENT_INVALID', message: /--onnx cannot be read: ENOENT/ })
  })
  it('rejects a manifest that is the ONNX file, and writes nothing', async () => {
    const models = memoryStore()
    await assert.rejects(bring(models, { manifestFile: files.onnxFile }), { code: 'BUNDLE_INVALID', message: /it is not JSON/ })
    assert.deepEqual(await models.list(''), [])
  })
})
