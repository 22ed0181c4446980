import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addDuelRows, type DuelRow, gainOf, mergeDuelBuckets, turnDuel } from '#models/measure/duels.ts'

const hourMs = 3_600_000

describe('gainOf', () => {
  it('is the first score’s log loss minus the second’s', () => {
    assert.ok(Math.abs(gainOf([0.5, 0.9], 1) - Math.log(0.9 / 0.5)) < 1e-12)
    assert.ok(Math.abs(gainOf([0.5, 0.9], 0) - Math.log(0.1 / 0.5)) < 1e-12)
  })
  it('is bounded however certain and wrong a score is', () => {
    assert.ok(Math.abs(gainOf([0, 1], 1) - Math.log(999)) < 1e-12)
    assert.ok(Math.abs(gainOf([1, 0], 1) + Math.log(999)) < 1e-12)
  })
})

describe('duel buckets', () => {
  const row: fc.Arbitrary<DuelRow> = fc.record(
    {
      atMs: fc.integer({ min: 0, max: 20 * hourMs }),
      scores: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
      target: fc.constantFrom<0 | 1>(0, 1),
    },
    { requiredKeys: ['atMs', 'scores'] },
  )

  it('count every row once in its hour, predicted or labelled, oldest hour first', () => {
    fc.assert(
      fc.property(fc.array(row), rows => {
        const buckets = addDuelRows([], rows)
        for (const [at, { startMs, predicted, labelled }] of buckets.entries()) {
          const own = rows.filter(({ atMs }) => atMs >= startMs && atMs < startMs + hourMs)
          assert.deepEqual(
            [predicted, labelled],
            [own.filter(({ target }) => target === undefined).length, own.filter(({ target }) => target !== undefined).length],
          )
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
            assert.ok(Math.abs(bucket.gainSquareSum - atOnce[at].gainSquareSum) < 1e-9)
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
          rows.map(own => ({ ...own, scores: [own.scores[1], own.scores[0]] as const })),
        )
        turnDuel(addDuelRows([], rows)).forEach(({ gainSum, ...rest }, at) => {
          const { gainSum: other, gainSquareSum, ...counts } = turned[at]
          assert.ok(Math.abs(gainSum - other) < 1e-9 && Math.abs(rest.gainSquareSum - gainSquareSum) < 1e-9)
          assert.deepEqual([rest.startMs, rest.predicted, rest.labelled], Object.values(counts))
        })
      }),
    )
  })
  it('keep the latest 400 hours, and take nothing for an hour before them', () => {
    const rows = Array.from({ length: 500 }, (_, hour): DuelRow => ({ atMs: hour * hourMs, scores: [0.5, 0.5] }))
    const buckets = addDuelRows([], rows)
    assert.deepEqual([buckets.length, buckets[0].startMs], [400, 100 * hourMs])
    assert.deepEqual(addDuelRows(buckets, rows.slice(0, 1)), buckets)
  })
})
