import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ChapterCheck, LayerCheck } from '../../../cli/layer/check.ts'
import { checkSame, toCheckText } from '../../../cli/layer/check-text.ts'

const counts = { versions: 500, notArchived: 0, records: 1_234, labels: 1_200, missing: [] }
const chapter: ChapterCheck = { from: null, to: 500, isSame: true, ...counts }
const check: LayerCheck = { version: 500, chapters: [chapter], unknownBefore: null, broken: null, isSame: true, ...counts }

describe('toCheckText', () => {
  it('says what was learnt again, and of each chapter whether it is the same', () => {
    assert.equal(
      toCheckText('flights', check),
      [
        'layer of flights, version 500: 500 versions and 1,200 labels learnt again',
        'from      to  versions  records  labels  made again from the archive',
        'nothing  500       500    1,234   1,200  the same to the bit',
      ].join('\n'),
    )
  })
  it('says of which versions it says nothing, and why', () => {
    const text = toCheckText('flights', { ...check, notArchived: 2, chapters: [{ ...chapter, notArchived: 2, isSame: null }] })
    assert.match(
      text,
      /1,200 +not compared\n2 versions left out, .* up to a minute behind, does not hold their records yet; run this again$/,
    )
  })
  it('names what is missing, ten spans at most', () => {
    const missing = Array.from({ length: 12 }, (_, at) => [at, 7, at === 0 ? 7 : 9] as const).map(
      span => [...span] as [number, number, number],
    )
    const text = toCheckText('flights', { ...check, missing })
    assert.match(text, /missing from the archive: flights.feedback, partition 0 at 7, 1 at 7 to 9, .* 9 at 7 to 9, and 2 spans more$/)
  })
  it('says where nothing is known of what came before', () => {
    const text = toCheckText('flights', { ...check, unknownBefore: 3, chapters: [{ ...chapter, from: 4 }] })
    assert.match(text, /before version 4 nothing is known any more: the snapshot of version 3 is kept no more$/)
  })
})

describe('checkSame', () => {
  it('is content with what is the same, though versions were left out', () => {
    checkSame({ ...check, notArchived: 2 })
  })
  it('rejects a chapter that comes out otherwise', () => {
    const chapters = [{ ...chapter, isSame: false }]
    assert.throws(() => checkSame({ ...check, isSame: false, chapters }), {
      code: 'LAYER_INVALID',
      message: /another version 500 comes out$/,
    })
  })
  it('rejects missing records, also where the same comes out', () => {
    const message = 'the archive lacks 3 records that the layer has learnt: all that could be made again is the same'
    assert.throws(() => checkSame({ ...check, missing: [[0, 7, 9]] }), { code: 'FILE_INVALID', message })
  })
  it('rejects a snapshot that is cut', () => {
    assert.throws(() => checkSame({ ...check, unknownBefore: 3, broken: 'it is cut' }), { code: 'LAYER_INVALID', message: 'it is cut' })
  })
  it('rejects where nothing could be compared', () => {
    const none = { ...check, isSame: false, chapters: [] }
    assert.throws(() => checkSame(none), { code: 'PREREQUISITE_MISSING', message: /what it began with is kept no more$/ })
    assert.throws(() => checkSame({ ...none, notArchived: 9 }), { message: /its records are not archived yet; run this again$/ })
  })
})
