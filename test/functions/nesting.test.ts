import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeJson } from '#functions/decode.ts'
import { isTooDeep, isValueTooDeep, levelsAtMost } from '#functions/nesting.ts'

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const ofObjects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`

describe('isTooDeep', () => {
  it('takes a thousand levels of lists or objects, and no more', () => {
    for (const make of [nested, ofObjects]) {
      assert.equal(isTooDeep(Buffer.from(make(levelsAtMost))), false)
      assert.equal(isTooDeep(Buffer.from(make(levelsAtMost + 1))), true)
    }
  })
  it('does not count brackets in texts, behind an escaped quotation mark neither', () => {
    assert.equal(isTooDeep(Buffer.from(JSON.stringify({ a: '['.repeat(5_000), b: `"${'{'.repeat(5_000)}\\` }))), false)
  })
  it('counts what is open at once, not what there is', () => {
    assert.equal(isTooDeep(Buffer.from(`[${'[],'.repeat(5_000)}[]]`)), false)
  })
})

describe('isValueTooDeep', () => {
  it('says the same of a value that was read', () => {
    assert.equal(isValueTooDeep(JSON.parse(nested(levelsAtMost))), false)
    assert.equal(isValueTooDeep(JSON.parse(ofObjects(levelsAtMost + 1))), true)
    assert.equal(isValueTooDeep(JSON.parse(nested(200_000))), true)
  })
})

describe('decodeJson', () => {
  it('rejects what could be read and not written again', () => {
    const decoded = decodeJson({ value: Buffer.from(nested(20_000)) })
    assert.deepEqual(decoded, { ok: false, code: 'VALUE_NOT_JSON', reason: 'the value is nested more than 1000 levels deep' })
  })
})
