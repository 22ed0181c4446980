// One backtest of ours with the layer in a process of its own, as `millrace backtest --layer` runs it: definition, CSV and delay in rows in, OwnFigures out.
import { makeRetrainTrigger } from '#models/policy/retrain-when.ts'
import { readHistory } from '../../../cli/backtest/history.ts'
import { makeLayeredRows } from '../../../cli/backtest/layered-rows.ts'
import { measureSpan } from '../../../cli/backtest/prequential.ts'
import { runBacktest } from '../../../cli/backtest/run.ts'
import { loadPipeline } from '../../../cli/load-pipeline.ts'
import { openRows } from '../../../cli/read-rows.ts'
import type { OwnFigures, Quality } from './learners.ts'

const [definition, file, delayRows] = process.argv.slice(2)
const pipeline = await loadPipeline(definition)
const { rows } = await openRows(file, { textColumns: [] })
const history = readHistory(pipeline, rows, { isSorted: true })
const before = process.cpuUsage()
const { predicted, retrains, seconds } = await runBacktest({
  pipeline,
  entries: history.entries,
  labelDelay: { rows: Number(delayRows) },
  trigger: makeRetrainTrigger(pipeline.retrain.when),
  layer: makeLayeredRows(pipeline),
  onRejected: reason => {
    throw new Error(`a row is refused, so that the streams are not the same: ${reason}`)
  },
})
const { user, system } = process.cpuUsage(before)
if (predicted.rowCount !== history.readCounts().rows) throw new Error(`only ${predicted.rowCount} rows were predicted`)

const qualityOf = (scoresOf: 'scores' | 'layerScores'): Quality => {
  const { accuracy, auc, logLoss } = measureSpan(predicted, 0, predicted.rowCount, 0.5, scoresOf)
  return { accuracy: accuracy!, auc: auc!, logLoss: logLoss! }
}
const figures: OwnFigures = {
  bare: qualityOf('scores'),
  layer: qualityOf('layerScores'),
  cpuSec: (user + system) / 1e6,
  retrainSec: seconds.retraining,
  retrainCount: retrains.length,
}
console.log(JSON.stringify(figures))
process.exit()
