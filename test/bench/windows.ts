import { categoriesOf, encodeColumns, makeColumnBuilder } from '#models/feature-columns.ts'
import type { Flight } from '#models/flights.ts'
import { trainGbdt } from '#models/gbdt/train.ts'
import { measureBinary } from '#models/measure/binary.ts'
import { pipeline } from '#models/pipeline.ts'
import { sliceRows, type TrainingSet } from '#models/training-set.ts'
import { openWindows } from '#models/windows/windows.ts'
import { readFlights } from '../../localstack/replay/flights.ts'
import { makeHeap } from '../../localstack/replay/heap.ts'

const trainCount = 1_000_000
const testCount = 100_000

/**
 * The flights definition with its windows, as a backtest runs it: each flight sees the landings known at its departure.
 *
 * Trained on the first million flights with the settings of facts/gbdt.md, measured on the next 100,000.
 */
export async function benchWindows() {
  const flights: Flight[] = []
  for await (const flight of readFlights(trainCount + testCount)) flights.push(flight)
  const { columns, targets, cpuUsPerEvent } = runThrough(flights)
  const features = pipeline.features.map((feature, at) => ({ ...feature, categories: categoriesOf(columns[at], trainCount) }))
  const set: TrainingSet = { features, block: encodeColumns(features, columns), targets }
  const model = await trainGbdt(sliceRows(set, 0, trainCount), { settings: { roundCount: 100, leafCount: 63, learningRate: 0.1 } })
  const test = sliceRows(set, trainCount, trainCount + testCount)
  const { auc, logLoss } = measureBinary(model.score(test.block), test.targets, pipeline.decide.positiveAtLeast)
  return { features: features.length, cpuUsPerEvent, aimUsPerEvent: 5, auc, aimAuc: 0.785, logLoss, aimLogLoss: 0.4 }
}

/** Features of all flights in the order of their departure, each with the labels that were known by then. */
function runThrough(flights: readonly Flight[]) {
  const windows = openWindows(pipeline.windows!)
  const inTheAir = makeHeap<Flight>((a, b) => a.landedAtMs < b.landedAtMs)
  const builders = pipeline.features.map(({ kind }) => makeColumnBuilder(kind))
  const targets = new Float32Array(flights.length)
  const started = process.cpuUsage()
  flights.forEach((flight, row) => {
    const event = { ...flight }
    for (let next = inTheAir.peek(); next && next.landedAtMs <= flight.departedAtMs; next = inTheAir.peek()) {
      windows.applyLabel({ ...next })
      inTheAir.pop()
    }
    inTheAir.push(flight)
    const values = pipeline.toFeatures(event, windows.read(event))
    windows.applyEvent(event)
    for (let feature = 0; feature < builders.length; feature++) builders[feature].add(values[feature])
    targets[row] = pipeline.toTarget(event)
  })
  const { user, system } = process.cpuUsage(started)
  return { columns: builders.map(builder => builder.finish()), targets, cpuUsPerEvent: (user + system) / flights.length }
}
