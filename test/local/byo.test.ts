import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { readBundle } from '#functions/bundles/registry.ts'
import { loadScorer } from '#functions/bundles/scorer.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRandom } from '#models/random.ts'
import { measureBinary } from '#models/task/yes-no/quality.ts'
import { bringModel } from '../../cli/promote-onnx.ts'
import { flight } from '../fixtures.ts'
import { installPython } from './python-folder.ts'

const packages = [
  'lightgbm==4.7.0',
  'numpy==2.4.6',
  'onnx==1.23.2',
  'onnxmltools==1.16.0',
  'packaging==26.4', // which onnxmltools forgets to ask for
  'scikit-learn==1.9.1',
  'scipy==1.17.1',
  'skl2onnx==1.20.0',
]

/** Made-up flights: those from JFK and those of a Friday land late. */
const random = makeRandom(1)
const rows = Array.from({ length: 3_000 }, () => {
  const origin = ['ATL', 'DEN', 'JFK', 'LAX', 'ORD', 'XXX'][Math.floor(random() * 6)] // the airports table has no XXX
  const departedAtMs = flight.departedAtMs + Math.floor(random() * 7 * 24) * 3_600_000
  const isLate = random() < (origin === 'JFK' ? 0.6 : 0.1) + (new Date(departedAtMs).getUTCDay() === 5 ? 0.3 : 0)
  const features = pipeline.toFeatures({ ...flight, origin, departedAtMs, distanceMiles: 100 + Math.floor(random() * 2_900) })
  return { features: features.map(value => (random() < 0.05 ? null : value)), target: Number(isLate) }
})

describe('millrace promote --onnx', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-byo-'))
  before(async () => {
    writeFileSync(join(folder, 'features.json'), JSON.stringify(pipeline.features))
    writeFileSync(join(folder, 'rows.ndjson'), rows.map(row => `${JSON.stringify(row)}\n`).join(''))
  })
  after(() => rmSync(folder, { recursive: true }))

  for (const [trainer, script] of Object.entries({ 'scikit-learn': 'scikit_learn.py', lightgbm: 'light_gbm.py' })) {
    it(`brings a model that ${trainer} trained on features of flights`, async () => {
      const python = await installPython('byo', packages)
      await promisify(execFile)(python, ['-W', 'ignore', join(import.meta.dirname, 'byo', script)], { cwd: folder })
      const models = memoryStore()
      const files = { onnxFile: join(folder, `${trainer}.onnx`), manifestFile: join(folder, `${trainer}.json`) }
      const { version } = await bringModel({ pipeline, models, ...files, nowMs: Date.now })
      assert.match(version, new RegExp(`^${trainer}-[0-9a-f]{8}$`))

      const scorer = await loadScorer(loadOnnx, await readBundle(models, pipeline.name, version), pipeline.definition)
      const targets = rows.map(row => row.target)
      const { auc } = measureBinary(await scorer.score(rows.map(row => row.features)), targets, 0.5)
      assert.ok(auc! > 0.7, `AUC ${auc}`)
      await scorer.release()

      const manifest = JSON.parse(readFileSync(files.manifestFile, 'utf8'))
      manifest.features.find(({ name }: { readonly name: string }) => name === 'weekday').categories.reverse()
      writeFileSync(join(folder, 'permuted.json'), JSON.stringify(manifest))
      const permuted = { onnxFile: files.onnxFile, manifestFile: join(folder, 'permuted.json') }
      await assert.rejects(bringModel({ pipeline, models, ...permuted, nowMs: Date.now }), {
        message: /golden row \d+ scores .* category codes/,
      })
    })
  }
})
