import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { type BundleDecision, readDecision, readDecisions, writeDecision } from '#functions/bundles/decision.ts'

const decision: BundleDecision = {
  version: 'v1',
  on: 'holdout',
  promote: true,
  reason: 'gain of 0.01',
  checks: [
    { name: 'gain', ok: true, got: 0.01, wanted: 'at least 0' },
    { name: 'segments', ok: true, got: null, wanted: 'none worse' },
  ],
  rival: { name: 'base rate', version: null },
  quality: null,
  decidedAtMs: 5,
}

describe('a decision', () => {
  it('is read as it was written, the latest of a version', async () => {
    const models = memoryStore()
    await writeDecision(models, 'flights', { ...decision, promote: false })
    await writeDecision(models, 'flights', decision)
    assert.deepEqual(await readDecision(models, 'flights', 'v1'), decision)
  })
  it('is undefined where none is kept', async () => {
    const models = memoryStore()
    await writeDecision(models, 'flights', decision)
    assert.equal(await readDecision(models, 'flights', 'v2'), undefined)
    assert.deepEqual([...(await readDecisions(models, 'flights', ['v1', 'v2'])).keys()], ['v1'])
  })
  it('rejects an object that is not one, and names it', async () => {
    const models = memoryStore()
    await models.put('bundles/flights/v1/decision.json', Buffer.from('{"version":"v1"}'))
    await assert.rejects(readDecision(models, 'flights', 'v1'), {
      code: 'BUNDLE_INVALID',
      message: 'bundles/flights/v1/decision.json is not a decision; retrain writes it anew',
    })
  })
})
