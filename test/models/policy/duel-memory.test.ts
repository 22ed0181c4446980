import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { definePipeline } from '#models/define.ts'
import { number, text, timeMs } from '#models/fields.ts'
import { toStoredBuckets } from '#models/measure/duels.ts'
import { checkDuelMemory, toDuelMemory } from '#models/policy/duel-memory.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const daily = { cycleHours: 24 }

describe('toDuelMemory', () => {
  it('keeps hours for the time of a label and a week more', () => {
    assert.deepEqual(toDuelMemory(daily, 2 * dayMs), { bucketMs: hourMs, bucketCount: 48 + 168 + 3 })
    assert.deepEqual(toDuelMemory(daily, 60 * dayMs), { bucketMs: hourMs, bucketCount: 1_611 })
  })
  it('takes longer buckets that divide a cycle where hours would be too many', () => {
    for (const [days, hours] of [
      [68, 2],
      [200, 3],
      [290, 4],
      [1_000, 24],
    ]) {
      assert.equal(toDuelMemory(daily, days * dayMs).bucketMs, hours * hourMs, `${days} days`)
    }
    assert.equal(toDuelMemory({ cycleHours: 5 }, 68 * dayMs).bucketMs, 5 * hourMs)
  })
  it('covers the time of a label, whatever it is, as far as a definition is let', () => {
    for (const cycleHours of [1, 7, 24, 168]) {
      for (let days = 0.1; days < 4_000; days *= 1.1) {
        const { bucketMs, bucketCount } = toDuelMemory({ cycleHours }, days * dayMs)
        assert.ok(bucketCount <= 1_800 && (cycleHours * hourMs) % bucketMs === 0)
        if (isAllowed(cycleHours, days * dayMs))
          assert.ok(bucketCount * bucketMs >= (days + 7) * dayMs, `${days} days, ${cycleHours} hours`)
        else assert.equal(bucketMs, cycleHours * hourMs)
      }
    }
  })
  it('makes an item of 70 kB at most', () => {
    const bucket = { startMs: 500_000 * hourMs, predicted: 1_000_000, labelled: 1_000_000, gainSum: -12_345.678901 }
    assert.ok(JSON.stringify(toStoredBuckets(Array(1_800).fill(bucket))).length < 70_000)
  })
})

describe('checkDuelMemory', () => {
  it('rejects labels that take longer than a duel can be kept for, and says what to change', () => {
    assert.throws(() => checkDuelMemory({ cycleHours: 1 }, 90 * dayMs), {
      code: 'SETTING_INVALID',
      message:
        'label.arrivesWithinMs must be at most 5864400000 (67 days) where promoteWhen.on is live and a cycle has 1 hours, got 7776000000: a duel is kept for 1800 cycles; raise promoteWhen.live.cycleHours, or decide on the holdout; change it in models/pipeline.ts',
    })
  })
  it('is asked where a definition is loaded that decides live, and only there', () => {
    const load = (on: 'live' | 'holdout') =>
      definePipeline({
        name: 'slow',
        event: { id: text(), atMs: timeMs(), size: number() },
        id: 'id',
        time: 'atMs',
        features: { size: event => event.size },
        label: {
          fields: { id: text(), atMs: timeMs(), is: number() },
          id: 'id',
          time: 'atMs',
          isPositive: ({ is }) => is > 0,
          arrivesWithinMs: 2_000 * dayMs,
        },
        retrain: { everyMs: dayMs, windowMs: 9_000 * dayMs },
        promoteWhen: { on },
        decide: { positiveAtLeast: 0.5 },
      })
    assert.throws(
      () => load('live'),
      /^MillraceError: label\.arrivesWithinMs must be at most 154656000000 \(1790 days\) where promoteWhen\.on is live/,
    )
    assert.equal(load('holdout').labelArrivesWithinMs, 2_000 * dayMs)
  })
})

function isAllowed(cycleHours: number, labelArrivesWithinMs: number): boolean {
  try {
    checkDuelMemory({ cycleHours }, labelArrivesWithinMs)
    return true
  } catch {
    return false
  }
}
