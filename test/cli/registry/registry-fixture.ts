import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { writeDecision } from '#functions/bundles/decision.ts'
import { changePointer, readPointer, toPromoted, writeBundle } from '#functions/bundles/registry.ts'
import type { ObjectStore } from '#functions/ports.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeBundle } from '../../make-bundle.ts'

/** A registry in memory with these models, the last of `champions` being the champion. */
export async function openRegistry(versions: readonly string[], champions: readonly string[]) {
  const models = memoryStore()
  const rival = { name: 'base rate', version: null }
  for (const [at, version] of versions.entries()) {
    await writeBundle(models, makeBundle(version, { manifest: { trainedAtMs: at } }))
    const decided = { on: 'holdout', promote: true, reason: 'test', checks: [], rival, quality: null, decidedAtMs: at } as const
    await writeDecision(models, pipeline.name, { version, ...decided })
  }
  for (const [at, version] of champions.entries()) {
    await changePointer(models, pipeline.name, champion => toPromoted(champion, { version, reason: `reason ${at}`, nowMs: at }))
  }
  return {
    ports: { pipeline, models, load: loadOnnx, nowMs: () => 1_000 },
    pointer: async () => (await readPointer(models, pipeline.name)).champion,
  }
}

/** The store, in which `other` writes just before the first conditional write of the one under test. */
export function racingStore(models: ObjectStore, other: () => Promise<unknown>): ObjectStore {
  let isFirst = true
  return {
    ...models,
    putIf: async (key, body, etag) => {
      if (isFirst) {
        isFirst = false
        await other()
      }
      return models.putIf(key, body, etag)
    },
  }
}
