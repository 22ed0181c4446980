import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decidePromotion, type Evidence, parsePromotionPolicy } from '#models/policy/promote.ts'
import { makeRandom } from '#models/random.ts'
import { auc } from '#models/task/yes-no/auc.ts'
import { compareScores } from '#models/task/yes-no/comparison.ts'
import { lossesOf } from '#models/task/yes-no.ts'

/** Rows whose truth is a coin of a known probability, and models that know it more or less; `constant`: a candidate that always says so. */
function makeEvidence(
  changes: {
    readonly rowCount?: number
    readonly noise?: number
    readonly rivalNoise?: number
    readonly isChampion?: boolean
    readonly constant?: number
  } = {},
): Evidence {
  const { rowCount = 2_000, noise = 0, rivalNoise = 0, isChampion = true, constant } = changes
  const random = makeRandom(7)
  const chances = Array.from({ length: rowCount }, () => 0.05 + 0.9 * random())
  const targets = chances.map(chance => Number(random() < chance))
  const blur = (size: number) => chances.map(chance => Math.min(0.99, Math.max(0.01, chance + size * (random() - 0.5))))
  const toMeasured = (scores: number[]) => ({ losses: lossesOf(scores, targets), auc: auc(scores, targets) })
  const rival = isChampion ? blur(rivalNoise) : chances.map(() => 0.5)
  const candidate = constant === undefined ? blur(noise) : chances.map(() => constant)
  return {
    candidate: toMeasured(candidate),
    rival: { name: isChampion ? 'champion v1' : 'base rate', isChampion, ...toMeasured(rival) },
    figures: compareScores(candidate, rival, targets),
    random,
  }
}

const policy = parsePromotionPolicy({})
describe('decidePromotion', () => {
  it('promotes a better candidate, and says by how much on how many rows', () => {
    const { promote, reason, checks } = decidePromotion(policy, makeEvidence({ rivalNoise: 0.5 }))
    assert.equal(promote, true)
    assert.match(reason, /^gain of 0\.0\d+: log loss 0\.\d{4} against 0\.\d{4} of the champion v1 on 2000 rows$/)
    assert.deepEqual(
      checks.map(({ name, ok }) => [name, ok]),
      [
        ['rows', true],
        ['losses', true],
        ['gain', true],
      ],
    )
  })
  it('keeps the champion against a worse candidate', () => {
    const { promote, reason } = decidePromotion(policy, makeEvidence({ noise: 0.5 }))
    assert.equal(promote, false)
    assert.match(reason, /^gain of -0\.0\d+, 80 % sure to be below 0: log loss/)
  })
  it('keeps back a candidate that is sure to lose under the layer, however much it gains bare', () => {
    const evidence = makeEvidence({ rivalNoise: 0.5 })
    const under = (change: number) => ({ candidate: evidence.rival.losses.map(loss => loss + change), rival: evidence.rival.losses })
    const { promote, reason, checks } = decidePromotion(policy, { ...evidence, underLayer: under(0.01) })
    assert.equal(promote, false)
    assert.match(reason, /^gain under the layer -0\.0100, the gain that the true one is 80 % sure to be below must be at least 0/)
    assert.deepEqual(checks.at(-1)?.name, 'gain under the layer')
    for (const change of [0, -0.01]) assert.equal(decidePromotion(policy, { ...evidence, underLayer: under(change) }).promote, true)
  })
  it('promotes by a measured gain that the wanted confidence does not allow', () => {
    const slight = makeEvidence({ rowCount: 300, rivalNoise: 0.25 })
    const wanting = (confidence: number) => decidePromotion(parsePromotionPolicy({ confidence, gainAtLeast: 0.005 }), slight)
    assert.equal(wanting(0.5).promote, true)
    const sure = wanting(0.99)
    assert.equal(sure.promote, false)
    assert.match(sure.reason, /^gain of 0\.0\d+ is at least -?0\.0\d+ with confidence 0\.99, below 0\.005: /)
  })
  it('forgives a loss within chance where little confidence is asked', () => {
    const slight = makeEvidence({ rowCount: 300, noise: 0.2 })
    assert.equal(decidePromotion(parsePromotionPolicy({ confidence: 0.5 }), slight).promote, false)
    const forgiven = decidePromotion(parsePromotionPolicy({ confidence: 0.05 }), slight)
    assert.equal(forgiven.promote, true)
    assert.match(forgiven.reason, /^gain of -0\.0\d+, not 95 % sure to be below 0: log loss/)
  })
  it('says in its check what is compared, beside the gain that was measured', () => {
    const { reason, checks } = decidePromotion(policy, makeEvidence({ rivalNoise: 0.5 }))
    const [, measured] = /^gain of (\S+):/.exec(reason) ?? []
    const { got, wanted } = checks[2]
    assert.ok(Number(got) > Number(measured))
    assert.equal(wanted, `the gain that the true one is 80 % sure to be below must be at least 0 in logLoss (measured ${measured})`)
  })
  it('decides on AUC where that is the metric', () => {
    const { promote, reason } = decidePromotion(
      parsePromotionPolicy({ metric: 'auc', confidence: 0.95 }),
      makeEvidence({ rivalNoise: 0.8 }),
    )
    assert.equal(promote, true)
    assert.match(reason, /^gain of 0\.0\d+: AUC 0\.\d{4} against 0\.\d{4} of the champion v1/)
  })
  it('asks of a first champion only that it beats the base rate', () => {
    const strict = parsePromotionPolicy({ gainAtLeast: 5, confidence: 0.99, rowsAtLeast: 1e6 })
    assert.equal(decidePromotion(strict, makeEvidence({ isChampion: false })).promote, true)
    const { promote, reason } = decidePromotion(strict, makeEvidence({ isChampion: false, constant: 0.9 }))
    assert.equal(promote, false)
    assert.match(reason, /^gain of -0\.\d+ is not above 0: log loss .* of the base rate on 2000 rows$/)
  })

  it('rejects too few rows that the champion has not learnt from', () => {
    const { promote, reason, checks } = decidePromotion(policy, makeEvidence({ rowCount: 29, rivalNoise: 0.5 }))
    assert.equal(promote, false)
    assert.equal(reason, '29 rows that the champion v1 has not learnt from, 30 wanted')
    assert.deepEqual(checks, [{ name: 'rows', ok: false, got: 29, wanted: 'at least 30' }])
  })
  it('rejects a candidate without a loss on some row', () => {
    const evidence = makeEvidence({ rivalNoise: 0.5 })
    const losses = evidence.candidate.losses.slice()
    losses[17] = Number.NaN
    const { promote, reason } = decidePromotion(policy, { ...evidence, candidate: { ...evidence.candidate, losses } })
    assert.equal(promote, false)
    assert.equal(reason, 'a candidate must have a loss on every row, got NaN on row 17')
  })
  it('rejects rows that AUC cannot be measured on', () => {
    const evidence = makeEvidence({ rivalNoise: 0.5 })
    const { reason } = decidePromotion(parsePromotionPolicy({ metric: 'auc' }), {
      ...evidence,
      figures: { ...evidence.figures, aucGain: null },
    })
    assert.match(reason, /^gain of - cannot be measured, too few rows of one class: /)
  })
  it('rejects a better candidate that breaks a guardrail', () => {
    const guarded = parsePromotionPolicy({ guardrails: { calibrationErrorAtMost: 0.001 } })
    const { promote, reason } = decidePromotion(guarded, makeEvidence({ rivalNoise: 0.5 }))
    assert.equal(promote, false)
    assert.match(reason, /^calibration 0\.0\d+, at most 0\.001: gain of 0\.0\d+, log loss/)
  })
})

describe('parsePromotionPolicy', () => {
  it('fills in the defaults', () => {
    const { live, guardrails, ...own } = policy
    assert.deepEqual(own, { gainAtLeast: 0, rowsAtLeast: 30, confidence: 0.2, metric: 'logLoss', on: 'holdout' })
    assert.deepEqual([live.alpha, guardrails.segmentLossAtMost], [0.05, 0.02])
  })
  const refusals: readonly [what: string, given: object, message: string][] = [
    [
      'a metric that there is not',
      { metric: 'f1' },
      'promoteWhen.metric must be one of logLoss, auc, got "f1"; change it in models/pipeline.ts',
    ],
    [
      'a place that there is not',
      { on: 'paper' },
      'promoteWhen.on must be one of holdout, live, got "paper"; change it in models/pipeline.ts',
    ],
    ['certainty', { confidence: 1 }, 'promoteWhen.confidence must be from 0.001 to 0.9999, got 1; change it in models/pipeline.ts'],
    [
      'a guardrail that there is not',
      { guardrails: { f1AtLeast: 1 } },
      'promoteWhen.guardrails.f1AtLeast is not a setting; allowed are calibrationErrorAtMost, segmentLossAtMost, segmentRowsAtLeast, scoreShiftAtMost; change it in models/pipeline.ts',
    ],
  ]
  for (const [what, given, message] of refusals) {
    it(`rejects ${what}`, () => assert.throws(() => parsePromotionPolicy(given), { name: 'MillraceError', message }))
  }
})
