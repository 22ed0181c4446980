import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DriftReport } from '../../../localstack/console/drift.ts'
import { toDriftLines } from '../../../localstack/console/drift-table.ts'

const late = { version: 'm2', afterLabels: 9, isInformed: false }
const informed = { version: 'm3', afterLabels: 3_000, isInformed: true }
const report: DriftReport = {
  changedAtMs: Date.UTC(2001, 0, 2, 17, 30),
  blocks: [
    { from: -5_000, events: 5_000, rows: 0, championLoss: null, layerLoss: null, trained: ['m1'], newChampions: ['m1'] },
    { from: 0, events: 5_000, rows: 4_990, championLoss: 1.23456, layerLoss: 0.7, trained: [], newChampions: [] },
  ],
  recovery: { lossBefore: 0.5, backAfterLabels: 2_000, belowChampionAfterLabels: 1, newChampions: [late, informed] },
}
const verdictOf = (recovery: Partial<DriftReport['recovery']>) => {
  return toDriftLines({ ...report, recovery: { ...report.recovery, ...recovery } }).at(-2)
}

describe('toDriftLines', () => {
  it('shows each block, and the change between them', () => {
    assert.deepEqual(toDriftLines(report).slice(0, 5), [
      'Labels turned round from 2001-01-02 17:30 on: a flight that was late counts as on time, and the other way round',
      '      event  both scored  champion     layer  trained   new champion',
      '     -5,000            0         -         -        1   m1',
      '  the change',
      '         +0        4,990    1.2346    0.7000        0',
    ])
  })
  it('says when the layer was back, and that it was before the next champion', () => {
    assert.equal(
      verdictOf({}),
      '  the layer lost 0.5000 before; within 10 % of it after 2,000 labels, below the champion from 1 label on; the first champion trained on turned rows scored after 3,000 labels: before it',
    )
    assert.match(verdictOf({ newChampions: [late] })!, /no champion trained on turned rows came: before it$/)
  })
  it('names champions that came later and had learnt nothing of it', () => {
    assert.equal(toDriftLines(report).at(-3), '  m2, trained before 1,000 turned rows were there, scored after 9 labels')
  })
  it('says so where it was not', () => {
    assert.match(verdictOf({ backAfterLabels: 4_000, belowChampionAfterLabels: null })!, /not below the champion; .*: not before it$/)
    assert.match(verdictOf({ backAfterLabels: null, belowChampionAfterLabels: null })!, /never within 10 % of it, .*: not recovered$/)
  })
})
