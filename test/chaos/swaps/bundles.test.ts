import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { type Bundle, readBundle, writeBundle } from '#functions/bundles/registry.ts'
import { loadScorer } from '#functions/bundles/scorer.ts'
import type { Flight } from '#models/flights.ts'
import { pipeline } from '#models/pipeline.ts'
import { readFlights } from '../../../localstack/replay/flights.ts'
import { collect } from '../../collect.ts'
import { flightsFor, spoilBundles, trainBundles } from './bundles.ts'

async function load(bundle: Bundle): Promise<void> {
  const store = memoryStore()
  await writeBundle(store, bundle)
  const scorer = await loadScorer(loadOnnx, await readBundle(store, 'flights', bundle.manifest.version), pipeline.definition)
  await scorer.release()
}

describe('the bundles of npm run chaos -- swaps', () => {
  let bundles: Bundle[]
  before(async () => {
    const flights: Flight[] = await collect(readFlights(flightsFor(3)))
    bundles = await trainBundles(pipeline, flights, 3)
  })

  it('are real ones of both trainers, no two alike', async () => {
    for (const bundle of bundles) await load(bundle)
    assert.equal(new Set(bundles.map(({ manifest }) => manifest.sha256)).size, 3)
    assert.deepEqual(
      bundles.map(({ manifest }) => manifest.trainer),
      ['logistic', 'gbdt', 'logistic'],
    )
  })
  it('reject, once spoilt, each for its own reason', async () => {
    const reasons = [/must have sha256/, /was made for definition 0000000000000000/, /scores golden row 0/]
    for (const [at, bundle] of spoilBundles(bundles[0]).entries()) await assert.rejects(load(bundle), { message: reasons[at] })
  })
})
