import { sigmoid } from '#models/linear/newton.ts'
import type { TrainingSet } from '#models/training-set.ts'
import { makeRandom } from '../../../random.ts'

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
