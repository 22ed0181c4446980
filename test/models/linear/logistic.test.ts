import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { solveInPlace } from '#models/linear/cholesky.ts'
import { trainLogistic } from '#models/linear/logistic.ts'
import { fitWeights } from '#models/linear/newton.ts'
import { parseLogisticSettings } from '#models/linear/settings.ts'
import { makeRandom } from '#models/random.ts'
import { sigmoid } from '#models/sigmoid.ts'
import type { TrainingSet } from '#models/training-set.ts'
import { assertShuffledScores } from '../shuffled-scores.ts'

const settings = parseLogisticSettings({ l2: 1 })

/** One number and one category of three; yes grows with the number and with category 2; a tenth of the values is missing. */
function makeSet(rowCount: number, seed = 1): TrainingSet {
  const random = makeRandom(seed)
  const values = new Float32Array(rowCount * 2)
  const targets = new Float32Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const number = random() * 4 - 2
    const code = Math.floor(random() * 3)
    targets[row] = Number(random() < sigmoid(number + (code === 2 ? 1 : -0.5)))
    values[2 * row] = random() < 0.1 ? Number.NaN : number
    values[2 * row + 1] = random() < 0.1 ? Number.NaN : code
  }
  const features = [
    { name: 'number', kind: 'number' as const, categories: [] },
    { name: 'category', kind: 'category' as const, categories: ['a', 'b', 'c'] },
  ]
  return { features, block: { values, rowCount, featureCount: 2 }, targets }
}

describe('solveInPlace', () => {
  it('solves symmetric positive definite systems', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 12, maxLength: 12 }), numbers => {
        const root = numbers.slice(0, 9)
        const right = Float64Array.from(numbers.slice(9))
        const matrix = new Float64Array(9)
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) {
            for (let k = 0; k < 3; k++) matrix[3 * i + j] += root[3 * i + k] * root[3 * j + k]
          }
          matrix[4 * i] += 1
        }
        const x = solveInPlace(matrix.slice(), right)!
        for (let i = 0; i < 3; i++) {
          const product = matrix[3 * i] * x[0] + matrix[3 * i + 1] * x[1] + matrix[3 * i + 2] * x[2]
          assert.ok(Math.abs(product - right[i]) < 1e-8)
        }
      }),
    )
  })
  it('gives null for a matrix that is not positive definite', () => {
    assert.equal(solveInPlace(new Float64Array([1, 0, 2, 1]), new Float64Array([1, 1])), null)
  })
})

describe('fitWeights', () => {
  it('finds the closed form of one slot: the log-odds, shrunk by the penalty', () => {
    // 30 yes of 100 in slot 1, 60 yes of 100 in slot 2: without penalty the log-odds of each slot are intercept + weight
    const slots = Int32Array.from({ length: 200 }, (_, row) => (row < 100 ? 1 : 2))
    const targets = Float32Array.from({ length: 200 }, (_, row) => Number(row < 100 ? row < 30 : row < 160))
    const weights = fitWeights({ slots, perRow: 1, slotCount: 3, targets }, { l2: 1e-6, iterationsAtMost: 50 })
    assert.ok(Math.abs(sigmoid(weights[0] + weights[1]) - 0.3) < 1e-4)
    assert.ok(Math.abs(sigmoid(weights[0] + weights[2]) - 0.6) < 1e-4)
  })
  it('treats a weight of two as the row twice', () => {
    const slots = Int32Array.from([1, 1, 2, 2, 2])
    const targets = Float32Array.from([0, 1, 1, 0, 1])
    const weighted = fitWeights(
      { slots, perRow: 1, slotCount: 3, targets, weights: Float32Array.from([2, 1, 1, 1, 2]) },
      { l2: 1, iterationsAtMost: 50 },
    )
    const repeated = fitWeights(
      { slots: Int32Array.from([1, 1, 1, 2, 2, 2, 2]), perRow: 1, slotCount: 3, targets: Float32Array.from([0, 0, 1, 1, 0, 1, 1]) },
      { l2: 1, iterationsAtMost: 50 },
    )
    weighted.forEach((weight, slot) => {
      assert.ok(Math.abs(weight - repeated[slot]) < 1e-6)
    })
  })
})

describe('trainLogistic', () => {
  it('learns what a category and a number say', () => {
    const model = trainLogistic(makeSet(5_000), settings)
    const [low, high, highWithC] = model.score({ values: Float32Array.from([-2, 0, 2, 0, 2, 2]), rowCount: 3, featureCount: 2 })
    assert.ok(low < 0.2 && high > 0.7 && highWithC > high)
  })
  it('gives the same model for the same rows', () => {
    const bytes = () => trainLogistic(makeSet(1_000), settings).toOnnx({})
    assert.deepEqual(bytes(), bytes())
  })
  it('knows what each feature changes', () => {
    const set = makeSet(1_000)
    assertShuffledScores(trainLogistic(set, settings), set.block)
  })
  it('scores as its ONNX file does, missing and unknown values included', async () => {
    const model = trainLogistic(makeSet(3_000), settings)
    const fresh = makeSet(100_000, 2)
    const session = await loadOnnx(model.toOnnx({ definition: 'abc' }))
    const scores = await session.run(fresh.block)
    const plain = model.score(fresh.block)
    let worst = 0
    for (let row = 0; row < plain.length; row++) worst = Math.max(worst, Math.abs(plain[row] - scores[row]))
    assert.ok(worst <= 1e-6, `largest difference ${worst}`)
  })

  /** Gives the number column of every row this value. */
  const setNumber = (set: TrainingSet, value: number) => {
    for (let at = 0; at < set.block.values.length; at += 2) set.block.values[at] = value
  }
  const oddSets: readonly [what: string, change: (set: TrainingSet) => void][] = [
    ['a constant feature', set => setNumber(set, 7)],
    ['a feature that is always missing', set => setNumber(set, Number.NaN)],
    ['infinities', set => set.block.values.set([Number.POSITIVE_INFINITY, 0, Number.NEGATIVE_INFINITY, 1])],
  ]
  for (const [what, change] of oddSets) {
    it(`goes on with ${what}, in ONNX as well`, async () => {
      const set = makeSet(500)
      change(set)
      const model = trainLogistic(set, settings)
      const plain = model.score(set.block)
      assert.ok(plain.every(score => score > 0 && score < 1))
      const scores = await (await loadOnnx(model.toOnnx({}))).run(set.block)
      plain.forEach((score, row) => {
        assert.ok(Math.abs(score - scores[row]) < 1e-6)
      })
    })
  }

  it('rejects rows of one class only', () => {
    const set = makeSet(100)
    set.targets.fill(1)
    assert.throws(() => trainLogistic(set, settings), {
      message: /^training needs rows of both classes, got 100 yes and 0 no; wait for more labels/,
    })
  })
  it('rejects targets that are not 0 or 1', () => {
    const set = makeSet(100)
    set.targets[3] = 2
    assert.throws(() => trainLogistic(set, settings), { message: /^target of row 3 must be 0 or 1 for a binary label, got 2/ })
  })
})
