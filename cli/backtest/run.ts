import { setImmediate } from 'node:timers/promises'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { makeModelsInService } from '#functions/bundles/models-in-service.ts'
import { scoreRows } from '#functions/infer/score-rows.ts'
import type { ObjectStore } from '#functions/ports.ts'
import type { FeaturesRecord } from '#functions/records.ts'
import { makeRetrain } from '#functions/retrain/retrain.ts'
import type { Payload, Pipeline } from '#models/pipeline-compiler.ts'
import type { RetrainTrigger } from '#models/policy/retrain-when.ts'
import { lossOf } from '#models/task/yes-no.ts'
import { type FeedbackRows, makeFeedbackRows } from './feedback-rows.ts'
import type { HistoryEntry } from './history.ts'
import { makeHistoryFeatures } from './history-features.ts'
import { findMissingInputs, openInputFeed } from './input-feed.ts'
import type { InputHistory } from './input-history.ts'
import { type LabelDelay, makeLabelQueue } from './label-queue.ts'
import type { LayeredRows } from './layered-rows.ts'
import { makePredictedRows, type PredictedRows } from './predicted-rows.ts'
import type { BacktestRetrain } from './result.ts'

/** How far a run has come. */
export interface RunProgress {
  readonly rows: number
  readonly retrains: number
  readonly champion: string | undefined
}

/** What a run gave, before it is summed up. */
export interface RunOutcome {
  readonly predicted: PredictedRows
  /** Rows that were predicted before the first model. */
  readonly beforeFirstModel: number
  readonly retrains: readonly BacktestRetrain[]
  /** The rows and their labels, as training reads them. */
  readonly feedback: FeedbackRows
  /** The bucket of bundles, reports and the champion pointer, as it would lie in S3. */
  readonly models: ObjectStore
  readonly layer: LayeredRows | undefined
  /** Inputs that no record was given of. */
  readonly missingInputs: readonly string[]
  readonly seconds: { readonly total: number; readonly retraining: number }
}

/**
 * Rows that are scored in one model call, and by one champion: infer's batch. Labels reach the trigger when the batch is scored, so that
 * trainings are at least so many rows apart, whatever the schedule says.
 */
export const batchRows = 256
/** Names the rows of a history in the records that are made of them. */
const historyTopic = 'history'
/** Rows that one training reads at most, as the retrain function does. */
const trainingRowsAtMost = 2_000_000

/**
 * Runs a definition over its history in event time: each row is predicted by the champion of that moment, its label is released when it
 * is due, candidates are trained when the trigger says so, from the labels known by then, and pass the gate into a bucket in memory.
 *
 * Everything but the clocks and the stores is what runs in the functions: the way to a feature vector, the models in service, infer's
 * scoring of a batch, retrain and its gate.
 *
 * @throws MillraceError ARGUMENT_INVALID where features hang on an input that is not given
 */
export async function runBacktest(options: {
  readonly pipeline: Pipeline
  /** In event time. */
  readonly entries: AsyncIterable<HistoryEntry>
  readonly inputs?: readonly InputHistory[]
  /** Inputs of the definition may be missing: what features are given of them is null. */
  readonly withoutInputs?: true
  readonly labelDelay: LabelDelay
  readonly trigger: RetrainTrigger
  /** The online layer, where rows are to be scored with one too; models and their gate see nothing of it. */
  readonly layer?: LayeredRows | undefined
  readonly onProgress?: (progress: RunProgress) => void
  readonly onRejected?: (reason: string) => void
  readonly signal?: AbortSignal
}): Promise<RunOutcome> {
  const { pipeline, entries, inputs = [], withoutInputs, labelDelay, trigger, layer, onProgress, onRejected, signal } = options
  const startedMs = performance.now()
  const given = inputs.map(({ name }) => name)
  const missingInputs = findMissingInputs(pipeline, { given, mayMiss: withoutInputs === true })
  const feed = await openInputFeed(inputs)
  const bucket = memoryStore()
  const queue = makeLabelQueue(labelDelay)
  const feedback = makeFeedbackRows(pipeline.features)
  const predicted = makePredictedRows()
  const features = makeHistoryFeatures(pipeline)
  const waiting = new Map<number, Payload>() // labels that are not released yet
  const retrains: BacktestRetrain[] = []
  let clockMs = 0
  let retrainingMs = 0
  let beforeFirstModel = 0
  let labelledRows = 0
  let promisedLoss: number | undefined
  let champion: string | undefined
  let servesFromRow = 0 // the first row of the present champion: losses of an older one say nothing of it

  const models = makeModelsInService({
    pipeline,
    store: bucket,
    load: loadOnnx,
    checkEveryMs: 0,
    nowMs: () => clockMs,
    report: () => {},
  })
  const retrain = makeRetrain({
    pipeline,
    readRows: async () => feedback.toTrainingRows({ windowMs: pipeline.retrain.windowMs, rowLimit: trainingRowsAtMost }),
    models: bucket,
    load: loadOnnx,
    nowMs: () => clockMs,
    clockMs: () => performance.now(),
    residentBytes: () => process.memoryUsage.rss(),
    report: 'none',
  })

  const trainWhenDue = async () => {
    const cause = trigger.isDue({ labelledRows, atMs: clockMs })
    if (!cause) return
    const begunMs = performance.now()
    const outcome = await retrain()
    const next = (await models()).champion?.version
    if (next !== champion) servesFromRow = predicted.rowCount
    if (outcome.trained) promisedLoss = outcome.promisedLoss // of the model that serves now, on the latest rows
    champion = next
    trigger.trained({ labelledRows, atMs: clockMs, ...(promisedLoss === undefined ? {} : { promisedLoss }) })
    const seconds = (performance.now() - begunMs) / 1000
    retrainingMs += seconds * 1000
    retrains.push({
      atRow: predicted.rowCount,
      atMs: clockMs,
      cause,
      rowCount: labelledRows,
      reason: outcome.reason,
      seconds,
      ...(outcome.trained
        ? { trainer: outcome.trainer, version: outcome.version, isPromoted: outcome.promoted, holdoutLogLoss: outcome.holdoutLogLoss }
        : { trainer: null, version: null, isPromoted: false, holdoutLogLoss: null }),
    })
  }

  let rows: FeaturesRecord[] = [] // of the batch that gathers
  let released: number[] = []

  /** Makes a row of an event, after all that is known by its time. */
  const take = async (entry: HistoryEntry) => {
    const row = predicted.rowCount
    for (let due = queue.release(row, entry.atMs); due !== undefined; due = queue.release(row, entry.atMs)) {
      const target = predicted.release(due)
      feedback.setLabel(due, target, entry.atMs)
      labelledRows++
      released.push(due)
      layer?.release(due, target)
      features.countLabel(waiting.get(due)!)
      waiting.delete(due)
    }
    while (feed.nextMs <= entry.atMs) features.countInput(await feed.take())
    const made = features.make({ event: entry.event, source: { topic: historyTopic, partition: 0, offset: row } })
    if (!made.ok) {
      onRejected?.(made.reason)
      return
    }
    rows.push(made.value)
    feedback.add(entry.atMs, made.value.features)
    predicted.add(entry.atMs, entry.target)
    layer?.add(row, made.value)
    if (entry.label !== undefined) {
      queue.add(row, entry.atMs, entry.labelAtMs)
      waiting.set(row, entry.label)
    }
    clockMs = entry.atMs
  }

  /** Scores the rows of the batch with one champion, in one call, then hands the losses of released labels to the trigger. */
  const scoreBatch = async () => {
    const keys = rows.map(({ id }) => id)
    const { rows: scores } = await scoreRows(rows, keys, await models())
    scores.forEach((own, at) => {
      if (own.kind === 'scored') predicted.setScore(rows[at].source.offset, own.score)
      else if (own.kind === 'unscored') beforeFirstModel++
      else onRejected?.(`the score is no number: ${own.reason}`)
    })
    layer?.run(row => {
      const own = scores[row - rows[0].source.offset]
      return own.kind === 'scored' ? own.score : null
    }, predicted.setLayerScore)
    for (const row of released) {
      if (champion !== undefined && row >= servesFromRow) trigger.addLoss(lossOf(predicted.scoreOf(row), predicted.targetOf(row)))
    }
    rows = []
    released = []
    await trainWhenDue()
    onProgress?.({ rows: predicted.rowCount, retrains: retrains.length, champion })
    await setImmediate() // an interrupt has its turn
  }

  let taken = 0
  for await (const entry of entries) {
    if (signal?.aborted) break
    await take(entry)
    if (++taken % batchRows === 0) await scoreBatch()
  }
  if (taken % batchRows > 0) await scoreBatch()
  const total = (performance.now() - startedMs) / 1000
  return {
    predicted,
    beforeFirstModel,
    retrains,
    feedback,
    models: bucket,
    layer,
    missingInputs,
    seconds: { total, retraining: retrainingMs / 1000 },
  }
}
