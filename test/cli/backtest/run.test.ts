import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { readBundle } from '#functions/bundles/registry.ts'
import { loadScorer } from '#functions/bundles/scorer.ts'
import { makeInfer } from '#functions/infer/infer.ts'
import type { OutgoingRecord } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import type { Prediction } from '#functions/records.ts'
import { makeRetrainTrigger } from '#models/policy/retrain-when.ts'
import { readHistory } from '../../../cli/backtest/history.ts'
import type { LabelDelay } from '../../../cli/backtest/label-queue.ts'
import { measureSpan } from '../../../cli/backtest/prequential.ts'
import { runBacktest } from '../../../cli/backtest/run.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { makeSmallRows, smallPipeline, toFileRows } from './small-pipeline.ts'

const rows = makeSmallRows(3_000)

function run(
  options: {
    readonly labelDelay?: LabelDelay
    readonly trigger?: Parameters<typeof makeRetrainTrigger>[0]
    readonly rows?: readonly unknown[]
  } = {},
) {
  const { entries } = readHistory(smallPipeline, toFileRows(options.rows ?? rows), { isSorted: true })
  const trigger = makeRetrainTrigger(options.trigger ?? {})
  return runBacktest({ pipeline: smallPipeline, entries, labelDelay: options.labelDelay ?? { rows: 0 }, trigger })
}
const scoresOf = ({ predicted }: Awaited<ReturnType<typeof run>>) => [...predicted.scores.subarray(0, predicted.rowCount)]

describe('runBacktest', () => {
  it('learns early, and predicts what a tenth of noise leaves to be known', async () => {
    const { predicted, beforeFirstModel, retrains } = await run()
    assert.equal(predicted.rowCount, rows.length)
    assert.ok(beforeFirstModel < 600, `${beforeFirstModel} rows before the first model`)
    assert.ok(retrains.some(({ isPromoted }) => isPromoted))
    const { accuracy } = measureSpan(predicted, 1_000, rows.length, 0.5)
    assert.ok(accuracy! > 0.85, `accuracy ${accuracy}`)
  })
  it('trains nothing while no label is due', async () => {
    const { retrains, beforeFirstModel } = await run({ labelDelay: { rows: 3_000 } })
    assert.deepEqual(retrains, [])
    assert.equal(beforeFirstModel, rows.length)
  })
  it('does not look at labels that come later: what follows a row changes nothing of its score', async () => {
    const turned = rows.map((row, at) => (at < 1_500 ? row : { ...row, isGood: row.isGood === 'yes' ? 'no' : 'yes' }))
    const [whole, other] = [
      scoresOf(await run({ labelDelay: { rows: 100 } })),
      scoresOf(await run({ labelDelay: { rows: 100 }, rows: turned })),
    ]
    assert.deepEqual(other.slice(0, 1_600), whole.slice(0, 1_600)) // row 1,600 is the first that knows the label of row 1,499
    assert.notDeepEqual(other, whole)
  })
  it('gives the same scores again', async () => {
    assert.deepEqual(scoresOf(await run()), scoresOf(await run()))
  })
  it('gives the scores that the steps give which run in the functions, JSON and all', async () => {
    const never = Number.POSITIVE_INFINITY
    const outcome = await run({ trigger: { growthFactor: never, errorEvidence: never } }) // one training, so one champion
    const [{ version, isPromoted, atRow }] = outcome.retrains
    assert.ok(isPromoted && version !== null)
    const scorer = await loadScorer(loadOnnx, await readBundle(outcome.models, 'small', version), smallPipeline.definition)

    const features: OutgoingRecord[] = []
    const events = rows.map(({ size, colour }, at) => ({ rowId: String(at), rowAtMs: at, size, colour }))
    await makePreprocess({ pipeline: smallPipeline, send: async records => void features.push(...records) })(
      events.map(event => makeRecord(event, { topic: 'small.events' })),
    )
    const predictions: OutgoingRecord[] = []
    const infer = makeInfer({
      pipeline: smallPipeline,
      models: async () => ({ champion: scorer }),
      send: async records => void predictions.push(...records),
      nowMs: () => 0,
    })
    await infer(features.map(({ value }) => makeRecord(Buffer.from(String(value)))))
    const live = predictions.map(({ value }) => (JSON.parse(String(value)) as Prediction).score)
    assert.deepEqual(scoresOf(outcome).slice(atRow), live.slice(atRow))
  })
  it('stops after the batch under way when it is told to', async () => {
    const { entries } = readHistory(smallPipeline, toFileRows(rows), { isSorted: true })
    const { predicted } = await runBacktest({
      pipeline: smallPipeline,
      entries,
      labelDelay: { rows: 0 },
      trigger: makeRetrainTrigger(),
      signal: AbortSignal.abort(),
    })
    assert.equal(predicted.rowCount, 0)
  })
  it('counts a function of the definition that throws, and goes on', async () => {
    const broken = {
      ...smallPipeline,
      toFeatures: (event: Parameters<typeof smallPipeline.toFeatures>[0]) => {
        if (event.colour === 'blue') throw new Error('no blue')
        return smallPipeline.toFeatures(event)
      },
    }
    const reasons: string[] = []
    const { entries } = readHistory(broken, toFileRows(rows.slice(0, 300)), { isSorted: true })
    const { predicted } = await runBacktest({
      pipeline: broken,
      entries,
      labelDelay: { rows: 0 },
      trigger: makeRetrainTrigger(),
      onRejected: reason => reasons.push(reason),
    })
    assert.equal(predicted.rowCount + reasons.length, 300)
    assert.ok(reasons.length > 50)
    assert.match(reasons[0], /threw: no blue/)
  })
})
