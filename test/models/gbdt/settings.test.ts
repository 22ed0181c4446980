import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gbdtSettings, parseGbdtSettings } from '#models/gbdt/settings.ts'
import type { Setting } from '#models/settings.ts'

describe('parseGbdtSettings', () => {
  it('fills in the defaults', () => {
    const settings = parseGbdtSettings({ leafCount: 31 })
    assert.deepEqual([settings.leafCount, settings.roundCount], [31, 100])
  })
  it('rejects a name that is not a setting', () => {
    assert.throws(() => parseGbdtSettings({ treeCount: 3 } as never), {
      code: 'SETTING_INVALID',
      message: /^trainer\.gbdt\.treeCount is not a setting; allowed are roundCount, leafCount, .*; change it in models\/pipeline\.ts$/,
    })
    assert.throws(() => parseGbdtSettings({ toString: 3 } as never), { message: /^trainer\.gbdt\.toString is not a setting/ })
  })
  for (const [name, setting] of Object.entries<Setting>(gbdtSettings)) {
    it(`takes ${name} at both ends of its range and rejects it beyond, and what is not a number`, () => {
      const { min, max, isInteger } = setting
      for (const value of [min, max, setting.default]) parseGbdtSettings({ [name]: value })
      const refused: readonly unknown[] = [min - 1e-3, max * 1.001, Number.NaN, Infinity, '5', null, ...(isInteger ? [min + 0.5] : [])]
      for (const value of refused) {
        assert.throws(() => parseGbdtSettings({ [name]: value } as never), {
          code: 'SETTING_INVALID',
          message: `trainer.gbdt.${name} must be ${isInteger ? 'a whole number ' : ''}from ${min} to ${max}, got ${value}; change it in models/pipeline.ts`,
        })
      }
    })
  }
})
