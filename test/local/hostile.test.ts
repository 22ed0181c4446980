import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { runHostile } from '../chaos/hostile/hostile.ts'
import { hostileKinds } from '../chaos/hostile/kinds.ts'
import type { HostileReport } from '../chaos/hostile/report.ts'

const rows = 3_000

describe('the whole system with hostile records in its stream', { timeout: 600_000 }, () => {
  let report: HostileReport
  before(async () => {
    report = await runHostile({ rows, seed: 11, signal: new AbortController().signal, say: () => {} })
  })

  it('gets every kind of them', () => {
    assert.deepEqual([report.kinds, report.hostile], [Object.keys(hostileKinds).length, rows / 20])
  })
  it('loses nothing and doubles nothing', () => {
    const { lost, doubled, drained, details } = report
    assert.deepEqual({ lost, doubled, drained, examples: details.examples }, { lost: 0, doubled: 0, drained: true, examples: [] })
  })
  it('never stands still, and nothing of it dies', () => {
    assert.deepEqual(report.details.stalled, [])
    assert.equal(report.restarts, 0)
  })
  it('ends each record as its kind says', () => {
    assert.deepEqual(report.wrong, [])
    assert.ok(report.predictions > rows && report.rejected > 0 && report.putAside > 0)
  })
  it('asks nothing of AWS that AWS refuses', () => {
    assert.deepEqual(report.details.refusals, [])
  })
  it('puts its rejections back byte for byte', () => {
    assert.ok(report.redriven > 0)
    assert.deepEqual(report.changed, [])
  })
})
