import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { makeRandom } from '#models/random.ts'
import { sigmoid } from '#models/sigmoid.ts'
import type { BenchTable } from './flights.ts'

/** Rows of a whole training, and those after them to test on. */
export const wholeTrainRowCount = 34_465
export const wholeTestRowCount = 10_000

const columnCount = 118
const factorCount = 8
const noiseColumnCount = 30

/** A wide table of numbers, with a file of its own for the targets. */
export interface WholeTable {
  readonly table: BenchTable
  readonly targetsFile: string
}

/**
 * Writes the table of a whole training under `folder`, once: 118 numbers of a made-up stream, the same for the same seed.
 *
 * Eight factors that wander slowly stand behind 88 columns, each with noise of its own and bent in its own way: as it is, its exponential, rounded to
 * a few values, or with every tenth missing. 30 columns are noise. The label follows the factors, two of them in a product that only trees see.
 */
export function prepareWhole(folder: string): WholeTable {
  const rowCount = wholeTrainRowCount + wholeTestRowCount
  const columns = Array.from({ length: columnCount }, (_, column) => `column${column}`)
  const table = { file: `${folder}/whole.f32`, columns, rowCount, categories: {} }
  const targetsFile = `${folder}/whole-targets.f32`
  if (existsSync(targetsFile)) return { table, targetsFile }
  mkdirSync(folder, { recursive: true })
  const random = makeRandom(118)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const loadings = columns.map((_, column) =>
    Array.from({ length: factorCount }, (_, factor) => (factor === column % factorCount ? 1 : 0.3 * normal())),
  )
  const factors = new Float64Array(factorCount)
  const values = new Float32Array(rowCount * columnCount)
  const targets = new Float32Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    for (let factor = 0; factor < factorCount; factor++) factors[factor] = 0.9 * factors[factor] + Math.sqrt(1 - 0.9 ** 2) * normal()
    const [a, b, c, d, e, f] = factors
    targets[row] = Number(random() < sigmoid(2.5 * a + 2 * Math.tanh(2 * b) + 2 * c * d + 1.5 * Math.max(0, e) - f - 1))
    for (let column = 0; column < columnCount; column++) {
      const isNoise = column >= columnCount - noiseColumnCount
      const sum = isNoise ? 0 : loadings[column].reduce((sum, loading, factor) => sum + loading * factors[factor], 0)
      values[row * columnCount + column] = bends[column % bends.length](sum + normal(), random)
    }
  }
  writeFileSync(table.file, values)
  writeFileSync(targetsFile, targets) // last: a table that was broken off is written anew
  return { table, targetsFile }
}

const bends: readonly ((value: number, random: () => number) => number)[] = [
  value => value,
  value => Math.exp(value),
  value => Math.round(2 * value),
  (value, random) => (random() < 0.1 ? Number.NaN : value),
  value => value * value * Math.sign(value),
]
