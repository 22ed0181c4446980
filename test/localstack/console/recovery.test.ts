import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Outcomes } from '../../../localstack/console/outcomes.ts'
import { measureRecovery } from '../../../localstack/console/recovery.ts'

const labelDelayMs = 100

/** Changed events a millisecond apart, all of them yes, each in feedback 100 ms later. */
function toOutcomes(
  count: number,
  at: (row: number) => { readonly champion: number; readonly layer: number; readonly model?: string },
): Outcomes {
  const rows = Array.from({ length: count }, (_, row) => row)
  return {
    atMs: rows,
    scoredAtMs: rows,
    joinedAtMs: rows.map(row => row + labelDelayMs),
    targets: rows.map(() => 1),
    scores: rows.map(row => at(row).champion),
    layerScores: rows.map(row => at(row).layer),
    models: rows.map(row => at(row).model ?? 'old'),
  }
}
const measure = (outcomes: Outcomes, before: number | null = -Math.log(0.8)) => {
  return measureRecovery(outcomes, {
    before,
    changed: Uint32Array.from(outcomes.atMs.keys()),
    known: new Set(['old']),
    informed: new Set(['new']),
  })
}

describe('measureRecovery', () => {
  it('counts the labels that were there when the last of 1,000 rows within 10 % of the loss before was scored', () => {
    // Right again from row 500 on: rows 500 to 1,499 are the first thousand without a wrong one
    const outcomes = toOutcomes(3_000, row => ({ champion: 0.2, layer: row < 500 ? 0.01 : 0.8 }))
    const { backAfterLabels } = measure(outcomes)
    assert.ok(backAfterLabels! > 1_499 - labelDelayMs - 10 && backAfterLabels! <= 1_500 - labelDelayMs, `${backAfterLabels}`)
  })
  it('is never back where it stays worse, and without a loss before', () => {
    const worse = toOutcomes(3_000, () => ({ champion: 0.2, layer: 0.7 }))
    assert.equal(measure(worse).backAfterLabels, null)
    assert.equal(measure(worse, null).backAfterLabels, null)
  })
  it('takes no mean of fewer than 1,000 rows', () => {
    const { backAfterLabels, belowChampionAfterLabels } = measure(toOutcomes(999, () => ({ champion: 0.2, layer: 0.8 })))
    assert.deepEqual([backAfterLabels, belowChampionAfterLabels], [null, null])
  })
  it('is below the champion only where it stays so', () => {
    const layerOf = (row: number) => (row < 2_000 ? 0.3 : row < 3_000 ? 0.1 : 0.3)
    const { belowChampionAfterLabels } = measure(toOutcomes(6_000, row => ({ champion: 0.2, layer: layerOf(row) })))
    assert.ok(belowChampionAfterLabels! > 3_000, `${belowChampionAfterLabels}`)
    const lost = measure(toOutcomes(3_000, row => ({ champion: 0.2, layer: layerOf(row) })))
    assert.equal(lost.belowChampionAfterLabels, null)
  })
  it('compares with the champion only until the first that was trained on changed rows', () => {
    const next = (row: number) => (row < 2_500 ? { champion: 0.2, layer: 0.3 } : { champion: 0.9, layer: 0.3, model: 'new' })
    const { belowChampionAfterLabels, newChampions } = measure(toOutcomes(4_000, next))
    assert.equal(belowChampionAfterLabels, 1_000 - labelDelayMs)
    assert.deepEqual(newChampions, [{ version: 'new', afterLabels: 2_501 - labelDelayMs, isInformed: true }])
  })
  it('tells new champions up to that one, those that came late among them', () => {
    const modelOf = (row: number) => ['old', 'late', 'new', 'newer'][Math.floor(row / 1_000)]
    const { newChampions } = measure(toOutcomes(4_000, row => ({ champion: 0.2, layer: 0.3, model: modelOf(row) })))
    assert.deepEqual(newChampions, [
      { version: 'late', afterLabels: 1_001 - labelDelayMs, isInformed: false },
      { version: 'new', afterLabels: 2_001 - labelDelayMs, isInformed: true },
    ])
  })
  it('knows of no new champion where the old one scored to the end', () => {
    assert.deepEqual(measure(toOutcomes(2_000, () => ({ champion: 0.2, layer: 0.3 }))).newChampions, [])
  })
  it('does not call it recovered that the layer is below the champion before any label of the change', () => {
    const outcomes = toOutcomes(1_500, () => ({ champion: 0.2, layer: 0.3 }))
    const late = { ...outcomes, joinedAtMs: outcomes.joinedAtMs.map(() => 1_200) }
    assert.equal(measure(late).belowChampionAfterLabels, 1_500)
    const never = { ...outcomes, joinedAtMs: outcomes.joinedAtMs.map(() => 9_000) }
    assert.equal(measure(never).belowChampionAfterLabels, null)
  })
  it('leaves out rows that only one of them scored', () => {
    const outcomes = toOutcomes(2_000, row => ({ champion: row % 2 === 0 ? 0.2 : Number.NaN, layer: 0.8 }))
    assert.equal(measure(outcomes).backAfterLabels, 1_999 - labelDelayMs)
  })
})
