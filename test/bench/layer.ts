import { openLayer, startLayer, stateLength } from '#models/layer/layer.ts'
import { traceParts } from '#models/layer/shape.ts'
import { makeRandom } from '#models/random.ts'
import { yesNoLink } from '#models/task/yes-no/link.ts'

const rowCount = 1_000
const rounds = 60
const turns = 7
/** Twenty inputs: sixteen numbers and four categories. */
const shape = { numberCount: 16, categoryCount: 4, periods: [] }

/** Processor time that a row costs the online layer; the best turn, and the median. */
export async function benchLayer(): Promise<object> {
  const random = makeRandom(1)
  const rows = Array.from({ length: rowCount }, (_, at) => ({
    atMs: at,
    championScore: random(),
    numbers: Float64Array.from({ length: shape.numberCount }, random),
    slots: Int32Array.from({ length: shape.categoryCount }, () => Math.floor(random() * 512)),
  }))
  const targets = rows.map(() => (random() < 0.3 ? 1 : 0))
  const { length } = traceParts(shape)
  const traces = new Float32Array(length * rowCount)
  const layer = openLayer(shape, yesNoLink, startLayer(shape))
  const score = (row: number) => layer.score(rows[row], traces, row * length)
  const learn = (row: number) => layer.learn(rows[row], traces, row * length, targets[row])
  const figures = { score: measure(score), learn: measure(learn) }
  return { ...figures, stateBytes: 8 * stateLength(shape), traceBytes: 4 * length }
}

function measure(run: (row: number) => number): { readonly cpuUsPerRow: number; readonly medianCpuUsPerRow: number } {
  const own = Array.from({ length: turns }, () => {
    const before = process.cpuUsage()
    for (let round = 0; round < rounds; round++) for (let row = 0; row < rowCount; row++) run(row)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / (rounds * rowCount)
  }).sort((a, b) => a - b)
  return { cpuUsPerRow: own[0], medianCpuUsPerRow: own[Math.floor(turns / 2)] }
}
