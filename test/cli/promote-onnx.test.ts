import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { toModelsText } from '../../cli/models.ts'
import { bringModel } from '../../cli/promote-onnx.ts'
import { promoteVersion } from '../../cli/registry/promote-version.ts'
import { readRegistry } from '../../cli/registry/read-registry.ts'
import { makeBundle } from '../make-bundle.ts'
import { openRegistry } from './registry/registry-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-bring-'))
after(() => rmSync(folder, { recursive: true }))

/** Files as somebody else's training leaves them. */
function writeModel(changes: Readonly<Record<string, unknown>> = {}) {
  const { onnx, manifest } = makeBundle('theirs')
  const { features, golden } = manifest
  const [onnxFile, manifestFile] = [join(folder, 'model.onnx'), join(folder, 'model.json')]
  writeFileSync(onnxFile, onnx)
  writeFileSync(manifestFile, JSON.stringify({ trainer: 'sklearn', features, golden, ...changes }))
  return { onnxFile, manifestFile }
}

describe('bringModel', () => {
  it('keeps a model as a bundle that is promoted and listed like any other', async () => {
    const { ports, pointer } = await openRegistry(['v1'], ['v1'])
    const { version } = await bringModel({ ...ports, ...writeModel() })
    await promoteVersion(ports, { version, role: 'challenger', share: 0.1, reason: '' })
    assert.equal((await pointer())?.challenger?.version, version)
    const text = toModelsText('flights', await readRegistry(ports.models, 'flights'))
    assert.match(text, new RegExp(`\\n${version} +challenger 10 % .* sklearn +- +- +- +no decision is kept\\n`))
  })
  it('rejects a model whose golden scores are made up, and writes nothing', async () => {
    const { ports } = await openRegistry([], [])
    const { golden } = makeBundle('theirs').manifest
    const files = writeModel({ golden: { ...golden, scores: golden.scores.map(() => 0.5) } })
    await assert.rejects(bringModel({ ...ports, ...files }), { code: 'BUNDLE_INVALID' })
    assert.deepEqual(await ports.models.list(''), [])
  })
})
