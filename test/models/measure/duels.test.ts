import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addDuelRows, type DuelRow, mergeDuelBuckets, turnDuel } from '#models/measure/duels.ts'

const hourMs = 3_600_000

describe('duel buckets', () => {
  it('sum how much less the second model loses', () => {
    const [bucket] = addDuelRows([], [{ atMs: 5, losses: [0.75, 0.5] }, { atMs: 6, losses: [0.25, 0.75] }, { atMs: 7 }])
    assert.deepEqual(bucket, { startMs: 0, predicted: 1, labelled: 2, gainSum: -0.25 })
  })
  const row: fc.Arbitrary<DuelRow> = fc.record(
    {
      atMs: fc.integer({ min: 0, max: 20 * hourMs }),
      losses: fc.tuple(fc.double({ min: 0, max: 7, noNaN: true }), fc.double({ min: 0, max: 7, noNaN: true })),
    },
    { requiredKeys: ['atMs'] },
  )

  it('count every row once in its hour, predicted or labelled, oldest hour first', () => {
    fc.assert(
      fc.property(fc.array(row), rows => {
        const buckets = addDuelRows([], rows)
        for (const [at, { startMs, predicted, labelled }] of buckets.entries()) {
          const own = rows.filter(({ atMs }) => atMs >= startMs && atMs < startMs + hourMs)
          assert.deepEqual([predicted, labelled], [own.filter(({ losses }) => !losses).length, own.filter(({ losses }) => losses).length])
          assert.ok(at === 0 || startMs > buckets[at - 1].startMs)
        }
        assert.equal(
          buckets.reduce((sum, { predicted, labelled }) => sum + predicted + labelled, 0),
          rows.length,
        )
      }),
    )
  })
  it('add up to the same however the rows are cut and merged', () => {
    fc.assert(
      fc.property(fc.array(row), fc.array(row), (a, b) => {
        const atOnce = addDuelRows([], [...a, ...b])
        for (const merged of [addDuelRows(addDuelRows([], a), b), mergeDuelBuckets([...addDuelRows([], b), ...addDuelRows([], a)])]) {
          assert.equal(merged.length, atOnce.length)
          merged.forEach((bucket, at) => {
            assert.deepEqual(
              [bucket.startMs, bucket.predicted, bucket.labelled],
              [atOnce[at].startMs, atOnce[at].predicted, atOnce[at].labelled],
            )
            assert.ok(Math.abs(bucket.gainSum - atOnce[at].gainSum) < 1e-9)
          })
        }
      }),
    )
  })
  it('turn with the models', () => {
    fc.assert(
      fc.property(fc.array(row), rows => {
        const turned = addDuelRows(
          [],
          rows.map(({ atMs, losses }) => (losses ? { atMs, losses: [losses[1], losses[0]] } : { atMs })),
        )
        turnDuel(addDuelRows([], rows)).forEach(({ gainSum, ...rest }, at) => {
          const { gainSum: other, ...counts } = turned[at]
          assert.ok(Math.abs(gainSum - other) < 1e-9)
          assert.deepEqual(rest, counts)
        })
      }),
    )
  })
  it('keep every hour, however long ago it was: labels may take months', () => {
    const rows = Array.from({ length: 2_000 }, (_, hour): DuelRow => ({ atMs: hour * hourMs, losses: [0.5, 0.25] }))
    const buckets = addDuelRows([], rows)
    assert.equal(buckets.length, 2_000)
    assert.equal(addDuelRows(buckets, rows.slice(0, 1))[0].labelled, 2)
  })
})
