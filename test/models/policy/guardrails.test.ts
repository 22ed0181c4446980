import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkGuardrails } from '#models/policy/guardrails.ts'
import { parsePromotionPolicy } from '#models/policy/promote.ts'
import { makeRandom } from '#models/random.ts'
import { lossesOf } from '#models/task/yes-no.ts'

const { guardrails } = parsePromotionPolicy({})
const rowCount = 6_000
const names = ['north', 'south', 'west']
const figures = { calibrationError: 0.03, scoreShift: 0.2 }

/** Rows of three places; the candidate loses more than the champion in one of them, by `rise` in the mean. */
function makeRows(wrong: string, rise: number, seed = 1) {
  const random = makeRandom(seed)
  const codes = Array.from({ length: rowCount }, () => Math.floor(random() * 3))
  const champion = Float64Array.from(codes, () => random())
  const candidate = champion.map((loss, row) => loss + random() - 0.5 + (names[codes[row]] === wrong ? rise : 0))
  return { champion, candidate, segments: { codes, names }, figures }
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
    assert.match(String(check.got), /^south 0\.[45]\d{3}$/)
    assert.equal(check.wanted, 'rise of at most 0.02 in each place')
  })
  for (const score of [0.25, 0.5, 0.75]) {
    it(`refuses a candidate that says ${score} to every row of a place where the champion says 0.001 and is right`, () => {
      const targets = Array(4_096).fill(0)
      const [candidate, champion] = [score, 0.5 ** 10].map(same => lossesOf(Array(4_096).fill(same), targets))
      const segments = { codes: targets, names: ['north'] }
      const [check] = checkGuardrails({ ...guardrails, segmentBy: 'place' }, { candidate, champion, segments, figures })
      assert.equal(check.ok, false)
      assert.match(String(check.got), /^north [01]\.\d{4}$/)
    })
  }
  it('lets a rise within the limit pass', () => {
    assert.equal(checkGuardrails({ ...guardrails, segmentBy: 'place', segmentLossAtMost: 1 }, makeRows('south', 0.5))[0].ok, true)
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
    const { segments, ...rows } = makeRows('south', 0)
    assert.deepEqual(checkGuardrails({ ...guardrails, calibrationErrorAtMost: 0.05 }, rows), [
      { name: 'calibration', ok: true, got: 0.03, wanted: 'at most 0.05' },
    ])
    assert.equal(checkGuardrails({ ...guardrails, calibrationErrorAtMost: 0.02 }, rows)[0].ok, false)
  })
  it('finds scores that moved', () => {
    const { segments, ...rows } = makeRows('south', 0)
    assert.deepEqual(checkGuardrails({ ...guardrails, scoreShiftAtMost: 0.1 }, rows), [
      { name: 'score shift', ok: false, got: 0.2, wanted: 'at most 0.1' },
    ])
  })
  it('refuses where a figure that has a limit could not be measured', () => {
    const { segments, ...measured } = makeRows('south', 0)
    const rows = { ...measured, figures: { calibrationError: null, scoreShift: null } }
    const checks = checkGuardrails({ ...guardrails, calibrationErrorAtMost: 1, scoreShiftAtMost: 1 }, rows)
    assert.deepEqual(
      checks.map(({ ok }) => ok),
      [false, false],
    )
  })
  it('does not compare with a champion that is not there', () => {
    const { candidate, segments } = makeRows('south', 0.5)
    const limits = { ...guardrails, segmentBy: 'place', scoreShiftAtMost: 0.1 }
    assert.deepEqual(checkGuardrails(limits, { candidate, segments, figures }), [])
  })
})
