import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { makeKeySplit } from '#functions/infer/arm.ts'

const keys = Array.from({ length: 20_000 }, (_, at) => `F${String(at).padStart(7, '0')}`)

describe('makeKeySplit', () => {
  it('takes about the share of the keys', () => {
    for (const share of [0.01, 0.2, 0.5, 0.9]) {
      const taken = keys.filter(makeKeySplit('v2', share)).length / keys.length
      assert.ok(Math.abs(taken - share) < 4 * Math.sqrt((share * (1 - share)) / keys.length), `${taken} of share ${share}`)
    }
  })
  it('takes no key of share 0, and every key of share 1', () => {
    assert.equal(keys.filter(makeKeySplit('v2', 0)).length, 0)
    assert.equal(keys.filter(makeKeySplit('v2', 1)).length, keys.length)
  })
  it('keeps the keys it had when the share grows', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.string(), fc.string(), share, share, (key, version, a, b) => {
        const [small, large] = [Math.min(a, b), Math.max(a, b)]
        assert.ok(!makeKeySplit(version, small)(key) || makeKeySplit(version, large)(key))
      }),
    )
  })
  it('is the same for a key as bytes and as text', () => {
    fc.assert(fc.property(fc.string(), key => assert.equal(makeKeySplit('v2', 0.5)(Buffer.from(key)), makeKeySplit('v2', 0.5)(key))))
  })
  it('gives another version other keys, independently', () => {
    const both = keys.filter(key => makeKeySplit('v2', 0.5)(key) && makeKeySplit('v3', 0.5)(key)).length
    assert.ok(Math.abs(both / keys.length - 0.25) < 0.02, `${both} of ${keys.length}`)
  })
  it('never changes between releases: a function of the old code and one of the new may serve side by side', () => {
    assert.deepEqual(
      keys.slice(0, 12).map(key => Number(makeKeySplit('v2', 0.5)(key))),
      [0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0],
    )
  })
})
