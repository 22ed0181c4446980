import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { writeBundle } from '#functions/bundles/registry.ts'
import { countLater, readTrainedToMs, sizeHoldout } from '#functions/retrain/holdout.ts'
import { pipeline } from '#models/pipeline.ts'
import { parsePromotionPolicy } from '#models/policy/promote.ts'
import { makeBundle } from '../../make-bundle.ts'

const definition = (rowsAtLeast: number, holdoutRowsAtMost = 20_000) => ({
  promoteWhen: parsePromotionPolicy({ rowsAtLeast }),
  retrain: { ...pipeline.retrain, holdoutRowsAtMost },
})

const rowCountOf = (...given: Parameters<typeof sizeHoldout>) => {
  const size = sizeHoldout(...given)
  return size.ok ? size.rowCount : size.reason
}

describe('sizeHoldout', () => {
  it('is a fifth of the rows for a first model, however many a champion asks for', () => {
    assert.deepEqual(sizeHoldout(definition(2_500), { rowCount: 200, newRowCount: undefined }), { ok: true, rowCount: 40 })
  })
  it('is no more than the definition says', () => {
    assert.equal(rowCountOf(definition(30, 4_000), { rowCount: 1e6, newRowCount: undefined }), 4_000)
  })
  it('is at most half of the rows that the champion has not learnt from', () => {
    assert.equal(rowCountOf(definition(30), { rowCount: 10_000, newRowCount: 1_001 }), 501)
    assert.equal(rowCountOf(definition(30), { rowCount: 10_000, newRowCount: 9_000 }), 2_000)
  })
  it('is as many rows as the gate asks for, where half of the new ones are fewer', () => {
    assert.equal(rowCountOf(definition(800), { rowCount: 10_000, newRowCount: 1_000 }), 800)
  })
  const refusals: readonly [what: string, rowsAtLeast: number, counts: Parameters<typeof sizeHoldout>[1], reason: string][] = [
    ['too few rows for a first model', 2_500, { rowCount: 144, newRowCount: undefined }, '29 holdout rows, 30 wanted'],
    ['too few rows for the gate', 800, { rowCount: 2_000, newRowCount: 1_000 }, '400 holdout rows, 800 wanted'],
    ['too few new rows', 30, { rowCount: 2_000, newRowCount: 29 }, '29 rows that the champion has not learnt from, 30 wanted'],
  ]
  for (const [what, rowsAtLeast, counts, reason] of refusals) {
    it(`rejects ${what}`, () => assert.deepEqual(sizeHoldout(definition(rowsAtLeast), counts), { ok: false, reason }))
  }
})

describe('countLater', () => {
  const atMs = Float64Array.of(1, 2, 2, 3)
  it('counts the rows after a time, without those at it', () => {
    assert.deepEqual(
      [0, 2, 3].map(ms => countLater(atMs, ms)),
      [4, 1, 0],
    )
  })
})

describe('readTrainedToMs', () => {
  it('is the time of the last row that a model learnt from', async () => {
    const models = memoryStore()
    await writeBundle(models, makeBundle('v1', { manifest: { training: { rowCount: 5, fromMs: 1, toMs: 77 } } }))
    assert.equal(await readTrainedToMs(models, 'flights', 'v1'), 77)
  })
  it('is undefined for a bundle that is not there', async () => {
    assert.equal(await readTrainedToMs(memoryStore(), 'flights', 'v1'), undefined)
  })
})
