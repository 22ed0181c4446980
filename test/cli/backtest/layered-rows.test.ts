import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FeaturesRecord } from '#functions/records.ts'
import { makeRandom } from '#models/random.ts'
import { makeLayeredRows, type Staleness } from '../../../cli/backtest/layered-rows.ts'

const features = [{ name: 'size', kind: 'number' as const }]
const record = (row: number): FeaturesRecord => ({
  id: String(row),
  atMs: row * 1_000,
  features: [row % 7],
  definition: 'd',
  source: { topic: 'history', partition: 0, offset: row },
})

/** Scores of rows whose labels come `delay` rows later, in batches cut as given. */
function run(delay: number, batch: number, staleness?: Staleness) {
  const random = makeRandom(1)
  const targets = Array.from({ length: 400 }, () => (random() < 0.3 ? 1 : 0))
  const layer = makeLayeredRows({ features } as never, staleness)
  const scores: number[] = []
  const setScore = (row: number, score: number) => {
    scores[row] = score
  }
  const champion = (row: number) => (row < 50 ? null : 0.2 + (row % 5) / 10)
  for (let row = 0; row < 400; row++) {
    if (row > delay) layer.release(row - delay - 1, targets[row - delay - 1])
    layer.add(row, record(row))
    if (row % batch === batch - 1) layer.run(champion, setScore)
  }
  layer.run(champion, setScore)
  return { scores, weights: layer.weights }
}

describe('layered rows', () => {
  it('go through the layer of the definition, its periods among the experts', () => {
    const periods = [{ everyMs: 86_400_000, stepMs: 3_600_000 }]
    assert.ok(!makeLayeredRows({ features, layer: undefined }).members.some(name => name.includes('phase')))
    assert.ok(makeLayeredRows({ features, layer: { periods, staleAfterMs: 1 } }).members.includes('as at the same phase of period 1'))
  })
  it('are scored with the labels before them, however the batches of the champion are cut', () => {
    const { scores } = run(0, 1)
    assert.equal(scores.length, 400)
    assert.deepEqual(run(0, 64).scores, scores)
    assert.deepEqual(run(0, 400).scores, scores)
  })
  it('are scored with fewer labels where those come later, and with an older state where that is asked for', () => {
    const [atOnce, late] = [run(0, 64).scores, run(100, 64).scores]
    assert.deepEqual(late.slice(0, 1), atOnce.slice(0, 1))
    assert.notDeepEqual(late, atOnce)
    assert.deepEqual(run(0, 64, { rows: 1 }).scores, atOnce)
    assert.deepEqual(run(0, 64, { ms: 1_000 }).scores, atOnce)
    const stale = run(0, 64, { rows: 10 }).scores
    assert.deepEqual(run(0, 64, { ms: 10_000 }).scores, stale)
    assert.notDeepEqual(stale, atOnce)
  })
  it('tell after each batch what the experts weigh, together 1', () => {
    const { weights } = run(0, 100)
    assert.deepEqual(
      weights.map(({ atRow }) => atRow),
      [100, 200, 300, 400],
    )
    for (const { weights: own } of weights) assert.ok(Math.abs(own.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-9)
  })
})
