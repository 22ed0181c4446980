import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toDriftReport } from '../../../localstack/console/drift.ts'
import type { Outcomes } from '../../../localstack/console/outcomes.ts'

/** Events a millisecond apart, champion at 0.5, layer at 0.8, all of them yes; labels come in reverse. */
function toOutcomes(count: number, modelOf: (atMs: number) => string | null = () => 'm1'): Outcomes {
  const atMs = Array.from({ length: count }, (_, at) => count - 1 - at)
  return {
    atMs,
    scoredAtMs: atMs,
    joinedAtMs: atMs.map(ms => ms + 10),
    targets: atMs.map(() => 1),
    scores: atMs.map(ms => (modelOf(ms) === null ? Number.NaN : 0.5)),
    layerScores: atMs.map(() => 0.8),
    models: atMs.map(modelOf),
  }
}
const blocksOf = (count: number, changedAtMs: number) => toDriftReport(toOutcomes(count), { changedAtMs, models: [] }).blocks

describe('toDriftReport', () => {
  it('cuts blocks of 5,000 events from the change on, in both directions', () => {
    const blocks = blocksOf(38_000, 30_000).map(({ from, events }) => [from, events])
    assert.deepEqual(blocks, [
      [-20_000, 5_000],
      [-15_000, 5_000],
      [-10_000, 5_000],
      [-5_000, 5_000],
      [0, 5_000],
      [5_000, 3_000],
    ])
  })
  it('shows four blocks before the change and sixteen after at most, and less where there is less', () => {
    const many = blocksOf(130_000, 30_000)
    assert.deepEqual([many[0].from, many.at(-1)?.from], [-20_000, 75_000])
    assert.deepEqual(
      blocksOf(9_000, 7_000).map(({ from, events }) => [from, events]),
      [
        [-7_000, 2_000],
        [-5_000, 5_000],
        [0, 2_000],
      ],
    )
  })
  it('counts events without a score, and measures those with both', () => {
    const { blocks } = toDriftReport(
      toOutcomes(10_000, atMs => (atMs < 4_000 ? null : 'm1')),
      { changedAtMs: 5_000, models: [] },
    )
    assert.deepEqual([blocks[0].events, blocks[0].rows], [5_000, 1_000])
    assert.ok(Math.abs(blocks[0].championLoss! - Math.log(2)) < 1e-9)
    assert.ok(Math.abs(blocks[0].layerLoss! + Math.log(0.8)) < 1e-9)
  })
  it('has no losses for a block that nothing scored', () => {
    const { blocks, recovery } = toDriftReport(
      toOutcomes(6_000, () => null),
      { changedAtMs: 5_000, models: [] },
    )
    assert.deepEqual([blocks[0].rows, blocks[0].championLoss, blocks[0].layerLoss], [0, null, null])
    assert.equal(recovery.lossBefore, null)
  })
  it('puts a model where it scored first, and where its training ended', () => {
    const models = ['m1', 'm2', 'm3'].map((version, at) => ({ version, training: { toMs: [1_000, 5_999, 6_000][at] } }))
    const outcomes = toOutcomes(12_000, atMs => (atMs < 7_000 ? 'm1' : 'm3'))
    const blocks = toDriftReport(outcomes, { changedAtMs: 6_000, models }).blocks.map(({ from, trained, newChampions }) => {
      return { from, trained, newChampions }
    })
    assert.deepEqual(blocks, [
      { from: -6_000, trained: [], newChampions: ['m1'] },
      { from: -5_000, trained: ['m1', 'm2'], newChampions: [] },
      { from: 0, trained: ['m3'], newChampions: ['m3'] },
      { from: 5_000, trained: [], newChampions: [] },
    ])
  })
  it('takes a model for informed whose training reaches past the first 1,000 changed rows', () => {
    const outcomes = toOutcomes(12_000, atMs => (atMs < 7_500 ? 'm1' : atMs < 8_000 ? 'm2' : 'm3'))
    const models = [6_998, 6_999].map((toMs, at) => ({ version: ['m2', 'm3'][at], training: { toMs } }))
    const { newChampions } = toDriftReport(outcomes, { changedAtMs: 6_000, models }).recovery
    assert.deepEqual(
      newChampions.map(({ version, isInformed }) => [version, isInformed]),
      [
        ['m2', false],
        ['m3', true],
      ],
    )
  })
  it('has no blocks after a change that no event reached', () => {
    assert.equal(blocksOf(1_000, 5_000).at(-1)?.from, -1_000)
    assert.deepEqual(blocksOf(0, 5_000), [])
  })
})
