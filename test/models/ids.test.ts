import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { definePipeline } from '#models/define.ts'
import { number, text, timeMs } from '#models/fields.ts'
import { findIdFault } from '#models/ids.ts'

describe('findIdFault', () => {
  it('takes a text of 1 to 1,024 bytes, and numbers that JSON keeps', () => {
    for (const id of ['a', 'x'.repeat(1_024), 'é'.repeat(512), '😀'.repeat(256), 'constructor', '__proto__', 0, -7, 1.5, 2 ** 53 - 1]) {
      assert.equal(findIdFault(id), undefined, String(id).slice(0, 20))
    }
  })
  const faults: readonly [what: string, id: unknown, reason: string][] = [
    ['a byte more', 'x'.repeat(1_025), 'an id must be at most 1024 bytes, got 1025'],
    ['two bytes more by its characters', 'é'.repeat(513), 'an id must be at most 1024 bytes, got 1026'],
    ['half a surrogate pair', 'a\ud800', 'an id must be well-formed Unicode, it holds half a surrogate pair'],
    ['an empty text', '', 'an id must not be empty'],
    ['a number that lost digits', 1_430_000_000_000_000_001n as unknown as number, 'an id must be a text or a number, got bigint'],
    ['a number over 2^53', 2 ** 53, 'an id must be a text where numbers are over 2^53, got 9007199254740992'],
    ['a number that is none', Number.NaN, 'an id must be a text where numbers are over 2^53, got NaN'],
    ['no id', undefined, 'an id must be a text or a number, got undefined'],
    ['null', null, 'an id must be a text or a number, got null'],
    ['an object', {}, 'an id must be a text or a number, got object'],
    ['a flag', true, 'an id must be a text or a number, got boolean'],
  ]
  for (const [what, id, reason] of faults) it(`rejects ${what}`, () => assert.equal(findIdFault(id), reason))
})

describe('a definition', () => {
  const pipeline = definePipeline({
    name: 'ids',
    event: { id: z.any(), atMs: timeMs(), size: number() },
    id: 'id',
    time: 'atMs',
    features: { size: event => event.size },
    label: { fields: { of: text({ max: 5_000 }), atMs: timeMs() }, id: 'of', time: 'atMs', isPositive: () => true, arrivesWithinMs: 1 },
    retrain: { everyMs: 1, windowMs: 1 },
    decide: { positiveAtLeast: 0.5 },
  })
  it('rejects events whose id cannot be one, with the name of the field', () => {
    const parsed = pipeline.parseEvent({ id: 'x\udc00', atMs: 1, size: 1 })
    assert.deepEqual(parsed, { ok: false, field: 'id', reason: 'an id must be well-formed Unicode, it holds half a surrogate pair' })
    assert.equal(pipeline.parseEvent({ atMs: 1, size: 1 }).ok, false)
    assert.equal(pipeline.parseEvent({ id: { a: 1 }, atMs: 1, size: 1 }).ok, false)
  })
  it('rejects labels whose id cannot be one', () => {
    const parsed = pipeline.parseLabel({ of: 'x'.repeat(1_025), atMs: 1 })
    assert.deepEqual(parsed, { ok: false, field: 'of', reason: 'an id must be at most 1024 bytes, got 1025' })
  })
  it('takes a number as its text', () => {
    const parsed = pipeline.parseEvent({ id: 7, atMs: 1, size: 1 })
    assert.equal(parsed.ok && pipeline.eventId(parsed.value), '7')
  })
})
