import { categoriesOf, encodeColumns, makeColumnBuilder } from '#models/feature-columns.ts'
import type { Flight } from '#models/flights.ts'
import { trainGbdt } from '#models/gbdt/train.ts'
import { pipeline } from '#models/pipeline.ts'
import type { FeatureValue } from '#models/pipeline-compiler.ts'
import { measureBinary } from '#models/task/yes-no/quality.ts'
import { sliceRows, type TrainingSet } from '#models/training-set.ts'
import { openWindows } from '#models/windows/windows.ts'
import { readFlights } from '../../localstack/replay/flights.ts'

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
  const builders = pipeline.features.map(({ kind }) => makeColumnBuilder(kind))
  const targets = Float32Array.from(flights, flight => pipeline.toTarget({ ...flight }))
  const events = flights.map(flight => ({ ...flight }))
  const landings = events.toSorted((a, b) => a.landedAtMs - b.landedAtMs)
  const passOver = (take: (values: readonly FeatureValue[]) => void): number => {
    const windows = openWindows(pipeline.windows!)
    const started = process.cpuUsage()
    let landed = 0
    for (const event of events) {
      for (; landings[landed].landedAtMs <= event.departedAtMs; landed++) windows.applyLabel(landings[landed])
      take(pipeline.toFeatures(event, windows.read(event)))
      windows.applyEvent(event)
    }
    const { user, system } = process.cpuUsage(started)
    return (user + system) / events.length
  }
  passOver(row => {
    for (let feature = 0; feature < builders.length; feature++) builders[feature].add(row[feature])
  })
  const cpuUsPerEvent = passOver(() => {})
  return { columns: builders.map(builder => builder.finish()), targets, cpuUsPerEvent }
}
