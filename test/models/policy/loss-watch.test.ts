import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeLossWatch } from '#models/policy/loss-watch.ts'
import { makeRandom } from '#models/random.ts'

/** Losses until the watch is raised, of at most `count`, uniform within 0.5 of a mean. */
function countUntilRaised(meanOf: (row: number) => number, count: number, seed: number, promisedLoss?: number): number {
  const watch = makeLossWatch({ allowance: 0.1, threshold: 50, ...(promisedLoss === undefined ? {} : { promisedLoss }) })
  const random = makeRandom(seed)
  let row = 0
  while (row < count && !watch.isRaised()) watch.add(meanOf(row++) + random() - 0.5)
  return row
}

describe('makeLossWatch', () => {
  it('is raised at most once in ten streams of 50,000 rows without a rise', () => {
    const raised = Array.from({ length: 10 }, (_, seed) => countUntilRaised(() => 0.5, 50_000, seed, 0.5)).filter(rows => rows < 50_000)
    assert.ok(raised.length <= 1, `raised ${raised.length} times`)
  })
  it('finds a rise of one standard deviation in about threshold / (1 − allowance) rows', () => {
    const rows = countUntilRaised(row => (row < 2_000 ? 0.5 : 0.5 + Math.sqrt(1 / 12)), 5_000, 3, 0.5) - 2_000
    assert.ok(rows > 30 && rows < 90, `${rows} rows`)
  })
  it('finds a loss that is above its promise from the start', () => {
    assert.ok(countUntilRaised(() => 0.8, 1_000, 3, 0.5) < 200)
  })
  it('comes to believe the stream where the promise was too good by little', () => {
    assert.equal(
      countUntilRaised(() => 0.53, 20_000, 3, 0.5),
      20_000,
    )
  })
  it('has nothing to compare a first loss with where nothing was promised', () => {
    assert.equal(
      countUntilRaised(() => 0.8, 10_000, 3),
      10_000,
    )
  })
})
