import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { runFaults } from '../chaos/faults/faults.ts'
import type { FaultReport } from '../chaos/faults/report.ts'

const rows = 10_000

describe('the whole system under ten kinds of fault', { timeout: 600_000 }, () => {
  let report: FaultReport
  before(async () => {
    report = await runFaults({ rows, seed: 11, signal: new AbortController().signal, say: () => {} })
  })

  it('was hit by each of them', () => {
    for (const [kind, { injected }] of Object.entries(report.faults)) assert.ok(injected > 0, kind)
  })
  it('loses nothing and doubles nothing', () => {
    const { predictions, lost, doubled, drained } = report
    assert.deepEqual({ predictions, lost, doubled, drained }, { predictions: rows, lost: 0, doubled: 0, drained: true })
  })
  it('gives an event that comes again the same features to the bit', () => {
    assert.ok(report.repeated.features > 0)
    assert.equal(report.featuresChanged, 0)
  })
  it('pairs every label with its prediction', () => {
    const { labels, labelsLost, labelsWrong } = report
    assert.deepEqual({ labels, labelsLost, labelsWrong }, { labels: rows, labelsLost: 0, labelsWrong: 0 })
  })
  it('archives every record, and the table holds what was predicted', () => {
    assert.equal(report.notArchived, 0)
    assert.equal(report.tableWrong, 0)
  })
  it('learnt each label once: its layer is what the archive makes of them, to the bit', () => {
    assert.equal(report.labelsLearnt, rows)
    assert.ok(report.layerEqual)
  })
  it('has windows and counters that equal those recomputed from the archive', () => {
    assert.deepEqual(report.differences, [])
    assert.ok(report.windowsEqual && report.countersEqual)
  })
})
