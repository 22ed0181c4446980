import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkGuardrails } from '#models/policy/guardrails.ts'
import { parsePromotionPolicy } from '#models/policy/promote.ts'
import { makeRandom } from '#models/random.ts'

const { guardrails } = parsePromotionPolicy({})
const rowCount = 6_000
const names = ['north', 'south', 'west']

/** Rows of three places; the champion knows the chance of each row, the candidate misjudges those of one place by `error`. */
function makeRows(wrong: string, error: number, seed = 1) {
  const random = makeRandom(seed)
  const codes = Array.from({ length: rowCount }, () => Math.floor(random() * 3))
  const champion = codes.map(() => 0.2 + 0.6 * random())
  const targets = champion.map(chance => Number(random() < chance))
  const candidate = champion.map((chance, row) =>
    names[codes[row]] === wrong ? Math.max(0.01, chance - error) : chance + 0.02 * (random() - 0.5),
  )
  return { champion, candidate, targets, segments: { codes, names } }
}

describe('checkGuardrails', () => {
  it('checks nothing by default but the segments, where they are named', () => {
    const { segments, ...rows } = makeRows('north', 0)
    assert.deepEqual(checkGuardrails(guardrails, rows), [])
    assert.equal(checkGuardrails({ ...guardrails, segmentBy: 'place' }, { ...rows, segments }).length, 1)
  })
  it('finds the segment that loses', () => {
    const [check] = checkGuardrails({ ...guardrails, segmentBy: 'place' }, makeRows('south', 0.5))
    assert.equal(check.ok, false)
    assert.match(String(check.got), /^south 0\.[1-9]\d{3}$/)
    assert.equal(check.wanted, 'rise of at most 0.02 in each place')
  })
  it('lets a rise within the limit pass', () => {
    assert.equal(checkGuardrails({ ...guardrails, segmentBy: 'place', segmentLossAtMost: 1 }, makeRows('south', 0.5))[0].ok, true)
  })
  it('seldom blames chance on one of many segments', () => {
    const refused = Array.from({ length: 40 }, (_, seed) => {
      const { champion, targets } = makeRows('', 0, seed + 1)
      const random = makeRandom(seed + 1000)
      const candidate = champion.map(chance => Math.min(0.99, Math.max(0.01, chance + 0.1 * (random() - 0.5))))
      const codes = champion.map((_, row) => row % 30)
      const segments = { codes, names: codes.slice(0, 30).map(String) }
      return checkGuardrails({ ...guardrails, segmentBy: 'place', segmentLossAtMost: 0 }, { champion, candidate, targets, segments })[0]
    }).filter(({ ok }) => !ok)
    assert.ok(refused.length <= 8, `refused ${refused.length} of 40`) // noise does cost the candidate a little
  })
  it('does not look at segments with few rows, and says so', () => {
    const [check] = checkGuardrails({ ...guardrails, segmentBy: 'place', segmentRowsAtLeast: 10_000 }, makeRows('south', 0.5))
    assert.deepEqual([check.ok, check.got], [true, 'no place with 10000 rows'])
  })
  it('takes rows without the category for one segment', () => {
    const rows = makeRows('south', 0.5)
    const codes = rows.segments.codes.map(code => (code === 1 ? Number.NaN : code))
    assert.match(
      String(checkGuardrails({ ...guardrails, segmentBy: 'place' }, { ...rows, segments: { codes, names } })[0].got),
      /^missing /,
    )
  })
  it('finds scores that are not calibrated', () => {
    const limit = { ...guardrails, calibrationErrorAtMost: 0.05 }
    const { candidate, champion, targets } = makeRows('south', 0.5)
    assert.equal(checkGuardrails(limit, { candidate: champion, targets })[0].ok, true)
    const [check] = checkGuardrails(limit, { candidate, targets })
    assert.deepEqual([check.name, check.ok, check.wanted], ['calibration', false, 'at most 0.05'])
  })
  it('finds scores that moved', () => {
    const { candidate, champion, targets } = makeRows('south', 0.5)
    const [check] = checkGuardrails({ ...guardrails, scoreShiftAtMost: 0.1 }, { candidate, champion, targets })
    assert.deepEqual([check.name, check.ok], ['score shift', false])
    assert.ok((check.got as number) > 0.1)
  })
  it('does not compare with a champion that is not there', () => {
    const { candidate, targets, segments } = makeRows('south', 0.5)
    assert.deepEqual(checkGuardrails({ ...guardrails, segmentBy: 'place', scoreShiftAtMost: 0.1 }, { candidate, targets, segments }), [])
  })
})
