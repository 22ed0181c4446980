// One measurement of our trainer, in a process of its own: a TrainerRequest in, a TrainerResult out.
import { readFileSync, writeFileSync } from 'node:fs'
import { parseGbdtModel } from '#models/gbdt/model.ts'
import { trainGbdt } from '#models/gbdt/train.ts'
import { measureBinary } from '#models/task/yes-no/quality.ts'
import type { TrainingSet } from '#models/training-set.ts'
import { readFloats } from './read-table.ts'
import type { TrainerRequest, TrainerResult } from './trainer-request.ts'

const request = JSON.parse(process.argv[2]) as TrainerRequest
const { table, targetsFile, trainRowCount, testRowCount, roundCount, threadCount, saveTo, startFrom } = request

function readRows(from: number, rowCount: number): TrainingSet {
  const featureCount = table.columns.length
  return {
    features: table.columns.map(name => ({
      name,
      kind: table.categories[name] ? 'category' : 'number',
      categories: Array.from({ length: table.categories[name] ?? 0 }, (_, code) => String(code)),
    })),
    block: { values: readFloats(table.file, from * featureCount, rowCount * featureCount), rowCount, featureCount },
    targets: readFloats(targetsFile, from, rowCount),
  }
}

const train = readRows(0, trainRowCount)
const warmStart = startFrom ? { warmStart: parseGbdtModel(JSON.parse(readFileSync(startFrom, 'utf8'))) } : {}
const begunAtMs = performance.now()
const cpuBegun = process.cpuUsage()
const model = await trainGbdt(train, { settings: { roundCount, threadCount, minThreadRows: 1 }, ...warmStart })
const trainSec = (performance.now() - begunAtMs) / 1000
const { user, system } = process.cpuUsage(cpuBegun)
const cpuSec = (user + system) / 1e6
const peakRssMb = process.resourceUsage().maxRSS / 1024
if (saveTo) writeFileSync(saveTo, JSON.stringify(model.toJson()))
const test = readRows(trainRowCount, testRowCount)
const { logLoss, auc } = measureBinary(model.score(test.block), test.targets, 0.5)
const result: TrainerResult = {
  trainSec,
  cpuSec,
  logLoss: logLoss ?? Number.NaN,
  auc: auc ?? Number.NaN,
  peakRssMb,
}
console.log(JSON.stringify(result))
