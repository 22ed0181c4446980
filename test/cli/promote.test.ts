import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { loadScorer } from '#functions/bundles/scorer.ts'
import { pipeline } from '#models/pipeline.ts'
import { toModelsText } from '../../cli/models.ts'
import { bringModel } from '../../cli/promote-onnx.ts'
import { promoteVersion } from '../../cli/registry/promote-version.ts'
import { readRegistry } from '../../cli/registry/read-registry.ts'
import { flight } from '../fixtures.ts'
import { makeBundle } from '../make-bundle.ts'
import { openRegistry } from './registry/registry-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-bring-'))
after(() => rmSync(folder, { recursive: true }))

/** Files as somebody else's training leaves them; `shiftScores` makes the golden scores a lie. */
async function writeModel({ shiftScores = 0 } = {}) {
  const bundle = makeBundle('theirs')
  const rows = Array.from({ length: 12 }, (_, at) =>
    pipeline.toFeatures({ ...flight, origin: ['JFK', 'ORD'][at % 2], distanceMiles: at * 200 }),
  )
  const scorer = await loadScorer(loadOnnx, bundle, pipeline.definition)
  const scores = Array.from(await scorer.score(rows), score => score + shiftScores)
  await scorer.release()
  const [onnxFile, manifestFile] = [join(folder, 'model.onnx'), join(folder, 'model.json')]
  writeFileSync(onnxFile, bundle.onnx)
  writeFileSync(manifestFile, JSON.stringify({ trainer: 'sklearn', features: bundle.manifest.features, golden: { rows, scores } }))
  return { onnxFile, manifestFile }
}

describe('promote --onnx', () => {
  it('keeps a model as a bundle that is promoted and listed like any other', async () => {
    const { ports, pointer } = await openRegistry(['v1'], ['v1'])
    const { version } = await bringModel({ ...ports, ...(await writeModel()) })
    await promoteVersion(ports, { version, role: 'challenger', share: 0.1, reason: '' })
    assert.equal((await pointer())?.challenger?.version, version)
    const text = toModelsText('flights', await readRegistry(ports.models, 'flights'))
    assert.match(text, new RegExp(`\\n${version} +challenger 10 % .* sklearn +- +- +- +no decision is kept\\n`))
  })
  it('rejects a model whose golden scores are made up, and writes nothing', async () => {
    const { ports } = await openRegistry([], [])
    const files = await writeModel({ shiftScores: 0.1 })
    await assert.rejects(bringModel({ ...ports, ...files }), { code: 'BUNDLE_INVALID', message: /golden/ })
    assert.deepEqual(await ports.models.list(''), [])
  })
})
