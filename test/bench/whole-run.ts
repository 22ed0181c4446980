// One whole training in a process of its own, as `retrain` makes it of the rows that it has read: a TrainerRequest in, a TrainerResult out.
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { readBundle } from '#functions/bundles/registry.ts'
import type { TrainingRows } from '#functions/ports.ts'
import { makeRetrain } from '#functions/retrain/retrain.ts'
import { definePipeline } from '#models/define.ts'
import { number, oneOf, text, timeMs } from '#models/fields.ts'
import { measureBinary } from '#models/task/yes-no/quality.ts'
import { readFloats } from './read-table.ts'
import type { TrainerRequest, TrainerResult } from './trainer-request.ts'

const request = JSON.parse(process.argv[2]) as TrainerRequest
const { table, targetsFile, trainRowCount, testRowCount } = request
const { columns } = table
const minuteMs = 60_000

const pipeline = definePipeline({
  name: 'whole',
  event: { id: text(), atMs: timeMs(), ...Object.fromEntries(columns.map(name => [name, number()])) },
  id: 'id',
  time: 'atMs',
  features: Object.fromEntries(columns.map(name => [name, (event: Readonly<Record<string, unknown>>) => event[name] as number])),
  label: {
    fields: { id: text(), atMs: timeMs(), truth: oneOf(['yes', 'no']) },
    id: 'id',
    time: 'atMs',
    isPositive: ({ truth }) => truth === 'yes',
    arrivesWithinMs: 60 * minuteMs,
  },
  retrain: { everyMs: 60 * minuteMs, windowMs: 365 * 24 * 60 * minuteMs },
  decide: { positiveAtLeast: 0.5 },
})

const values = readFloats(table.file, 0, trainRowCount * columns.length)
const rows: TrainingRows = {
  atMs: Float64Array.from({ length: trainRowCount }, (_, row) => Date.UTC(2026, 0) + row * minuteMs),
  targets: Float64Array.from(readFloats(targetsFile, 0, trainRowCount)),
  labelDelayMs: new Float64Array(trainRowCount).fill(10 * minuteMs),
  features: columns.map((_, column) => {
    return { values: Float64Array.from({ length: trainRowCount }, (_, row) => values[row * columns.length + column]) }
  }),
  objectCount: 1,
  sampledRatio: 1,
}
const models = memoryStore()
const retrain = makeRetrain({
  pipeline,
  readRows: async () => rows,
  models,
  load: loadOnnx,
  nowMs: Date.now,
  clockMs: () => performance.now(),
  residentBytes: () => process.memoryUsage.rss(),
})
const begunAtMs = performance.now()
const cpuBegun = process.cpuUsage()
const outcome = await retrain()
const trainSec = (performance.now() - begunAtMs) / 1000
const { user, system } = process.cpuUsage(cpuBegun)
const cpuSec = (user + system) / 1e6
const peakRssMb = process.resourceUsage().maxRSS / 1024
if (!outcome.trained) throw new Error(outcome.reason)
const { onnx } = await readBundle(models, pipeline.name, outcome.version)
const block = {
  values: readFloats(table.file, trainRowCount * columns.length, testRowCount * columns.length),
  rowCount: testRowCount,
  featureCount: columns.length,
}
const scores = await (await loadOnnx(onnx)).run(block)
const { logLoss, auc } = measureBinary(scores, readFloats(targetsFile, trainRowCount, testRowCount), 0.5)
const result: TrainerResult = { trainSec, cpuSec, logLoss: logLoss ?? Number.NaN, auc: auc ?? Number.NaN, peakRssMb }
console.log(JSON.stringify(result))
