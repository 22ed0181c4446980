import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeLayeredLosses } from '#functions/retrain/layered-losses.ts'
import { makeRandom } from '#models/random.ts'

const rowCount = 600
const pipeline = { features: [{ name: 'x', kind: 'number' }], layer: { periods: [], staleAfterMs: 1 } } as const
const random = makeRandom(1)
const x = Float64Array.from({ length: rowCount }, () => random() * 2 - 1)
const targets = x.map(value => Number(random() < 1 / (1 + Math.exp(-4 * value))))
const rowsWith = (delayMs: number) => ({
  atMs: Float64Array.from(x, (_, row) => row * 1_000),
  labelDelayMs: Float64Array.from(x, () => delayMs),
  targets,
  features: [{ values: x }],
})
const blind = new Float64Array(rowCount).fill(0.5)
const mean = (losses: Float64Array) => losses.reduce((sum, loss) => sum + loss, 0) / losses.length

describe('makeLayeredLosses', () => {
  it('are those of a layer that learns each label: where a model sees nothing, it does', () => {
    const losses = makeLayeredLosses(pipeline, rowsWith(0), 0)(blind)
    assert.ok(mean(losses.subarray(300)) < 0.6, String(mean(losses.subarray(300))))
    assert.ok(Math.abs(losses[0] - Math.LN2) < 0.01)
  })
  it('know no label before its time', () => {
    const losses = makeLayeredLosses(pipeline, rowsWith(1e9), 0)(blind)
    for (const loss of losses) assert.ok(Math.abs(loss - Math.LN2) < 0.01)
  })
  it('are of the rows from the first that is compared', () => {
    assert.equal(makeLayeredLosses(pipeline, rowsWith(0), 500)(blind.subarray(500)).length, 100)
  })
  it('bring a model that sees and one that does not closer to each other', () => {
    const seeing = x.map(value => 1 / (1 + Math.exp(-4 * value)))
    const lossOf = (scores: Float64Array) => mean(makeLayeredLosses(pipeline, rowsWith(0), 0)(scores))
    const bare = mean(Float64Array.from(seeing, (score, row) => -Math.log(targets[row] === 1 ? score : 1 - score)))
    assert.ok(lossOf(blind) - lossOf(seeing) < Math.LN2 - bare)
  })
})
