import { makeRandom } from '#models/random.ts'
import { sigmoid } from '#models/sigmoid.ts'
import type { TrainingSet } from '#models/training-set.ts'

/** An amount and a kind; yes grows with the amount and with kind c; a tenth of the values is missing, kind d has no row. */
export function makeSet(rowCount: number, seed = 1): TrainingSet {
  const random = makeRandom(seed)
  const values = new Float32Array(rowCount * 2)
  const targets = new Float32Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const amount = random() * 4 - 2
    const code = Math.floor(random() * 3)
    targets[row] = Number(random() < sigmoid(amount + (code === 2 ? 1 : -0.5)))
    values[2 * row] = random() < 0.1 ? Number.NaN : amount
    values[2 * row + 1] = random() < 0.1 ? Number.NaN : code
  }
  const features = [
    { name: 'amount', kind: 'number' as const, categories: [] },
    { name: 'kind', kind: 'category' as const, categories: ['a', 'b', 'c', 'd'] },
  ]
  return { features, block: { values, rowCount, featureCount: 2 }, targets }
}

/** One category with this many values, each of which has its own chance of yes. */
export function makeWideSet(rowCount: number, categoryCount: number): TrainingSet {
  const random = makeRandom(5)
  const logits = Float64Array.from({ length: categoryCount }, () => random() * 6 - 3)
  const values = Float32Array.from({ length: rowCount }, () => Math.floor(random() * categoryCount))
  const targets = Float32Array.from(values, code => Number(random() < sigmoid(logits[code])))
  const categories = Array.from({ length: categoryCount }, (_, code) => `C${code}`)
  return { features: [{ name: 'customer', kind: 'category', categories }], block: { values, rowCount, featureCount: 1 }, targets }
}
