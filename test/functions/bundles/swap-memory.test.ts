import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { makeModelsInService } from '#functions/bundles/models-in-service.ts'
import { changePointer, toPromoted, writeBundle } from '#functions/bundles/registry.ts'
import { pipeline } from '#models/pipeline.ts'
import { flight } from '../../fixtures.ts'
import { makeBundle } from '../../make-bundle.ts'

const swapCount = 200
/** Swaps that do not count: by then every library has taken what it needs once. */
const warmSwaps = 50
/**
 * What the other 150 may add. Measured: 0 to 9 MB, in jumps of V8's own. Sessions that nobody releases add 57 MB, and 173 MB with ONNX
 * Runtime's memory arena.
 */
const growthAtMostMb = 20

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Memory of this process that no file backs, in megabytes, after a garbage collection. */
function residentMb(): number {
  for (let time = 0; time < 3; time++) collectGarbage()
  if (process.platform !== 'linux') return process.memoryUsage.rss() / 2 ** 20
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024
}

/** Swaps the champion 200 times, each scoring a batch of 5,000 rows, and gives the memory at the end of every 50 swaps. */
async function swap(versionCount: number): Promise<readonly number[]> {
  const store = memoryStore()
  const { onnx, manifest } = makeBundle('v1')
  const versions = Array.from({ length: versionCount }, (_, at) => `v${at}`)
  for (const version of versions) await writeBundle(store, { onnx, manifest: { ...manifest, version } })
  let nowMs = 0
  const models = makeModelsInService({ pipeline, store, load: loadOnnx, checkEveryMs: 1, nowMs: () => nowMs, report: () => {} })
  const batch = Array(5_000).fill(pipeline.toFeatures(flight))
  const resident: number[] = []
  for (let at = 1; at <= swapCount; at++) {
    nowMs++
    const version = versions[at % versionCount]
    // a history as long as the pointer's own bound is not what is measured here
    await changePointer(store, pipeline.name, () => toPromoted(null, { version, reason: 'test', nowMs }))
    const { champion } = await models()
    assert.equal(champion?.version, version)
    await champion.score(batch)
    if (at % warmSwaps === 0) resident.push(residentMb())
  }
  return resident
}

describe('memory over 200 swaps', () => {
  for (const [among, versionCount] of [
    ['among 3 bundles', 3],
    ['among 200 bundles', 200],
  ] as const) {
    it(`is flat ${among}: at most ${growthAtMostMb} MB more than after the first 50`, async context => {
      const [warm, ...later] = await swap(versionCount)
      context.diagnostic(`resident after each 50 swaps, MB: ${[warm, ...later].map(mb => mb.toFixed(1)).join(', ')}`)
      for (const mb of later) assert.ok(mb - warm <= growthAtMostMb, `${mb.toFixed(1)} MB after ${warm.toFixed(1)}`)
    })
  }
})
