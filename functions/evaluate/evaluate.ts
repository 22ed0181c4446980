import {
  addLabel,
  countRows,
  emptyCounters,
  type LabelledRow,
  type LabelsSoFar,
  noLabels,
  type QualityCounters,
} from '#models/measure/counters.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { decodeFeedback, decodePrediction } from '../decode.ts'
import type { KafkaRecord, Step } from '../ports.ts'
import type { Prediction, Source } from '../records.ts'

/** The model name under which records without a score are counted. */
export const noModel = 'none'

/** The model name of the tally that holds a partition's labels so far, whichever model scored them: what the baselines guess from. */
export const everyModel = 'every'

/** What has been counted for one model from one partition, and up to which source offsets. */
export interface Tally {
  readonly partition: string
  readonly model: string
  readonly predicted: number
  /** Feedback whose prediction had no score. */
  readonly unscored: number
  readonly quality: QualityCounters
  /** Of the tally of every model: the labels that the partition has seen. */
  readonly labels: LabelsSoFar
  /** Last source offset counted, by source partition: a record that comes again is known by it and adds nothing. */
  readonly applied: Readonly<Record<string, number>>
}

/** Where tallies are kept. A partition has one writer at a time, so a write that loses means a twin is at work. */
export interface TallyStore {
  read(keys: readonly Pick<Tally, 'partition' | 'model'>[]): Promise<readonly Tally[]>
  /** Writes all, each only if its stored version is the one that was read; throws where one is not. */
  write(tallies: readonly Tally[]): Promise<void>
}

interface Row {
  readonly prediction: Prediction
  readonly target?: 0 | 1
  readonly source: Source
}

/** Counts predictions, and the quality of those whose label has come, for each model. */
export function makeEvaluate({ pipeline, store }: { readonly pipeline: Pipeline; readonly store: TallyStore }): Step {
  const feedbackTopic = topicName(pipeline.name, 'feedback')

  return async records => {
    const rows = records.flatMap(record => {
      const row = toRow(record, feedbackTopic)
      return row ? [{ ...row, partition: `${record.topic}-${record.partition}` }] : []
    })
    const tallies: Tally[] = []
    for (const [partition, group] of Map.groupBy(rows, row => row.partition)) {
      const models = [...new Set(group.map(({ prediction }) => prediction.model ?? noModel)), everyModel]
      const stored = await store.read(models.map(model => ({ partition, model })))
      tallies.push(...countPartition(partition, group, stored, pipeline.decide.positiveAtLeast))
    }
    await store.write(tallies)
    return { counts: { counted: rows.length, invalid: records.length - rows.length } }
  }
}

function toRow(record: KafkaRecord, feedbackTopic: string): Row | undefined {
  if (record.topic === feedbackTopic) {
    const decoded = decodeFeedback(record)
    return decoded.ok ? { prediction: decoded.value, target: decoded.value.target, source: decoded.value.labelSource } : undefined
  }
  const decoded = decodePrediction(record)
  return decoded.ok ? { prediction: decoded.value, source: decoded.value.source } : undefined
}

/** The tallies of a partition after these rows: one for each model among them, and the one of every model. */
function countPartition(partition: string, rows: readonly Row[], stored: readonly Tally[], positiveAtLeast: number): Tally[] {
  const tallyOf = (model: string) => stored.find(tally => tally.model === model) ?? emptyTally(partition, model)
  const whole = tallyOf(everyModel)
  const fresh = leaveOutCounted(rows, whole.applied)
  let labels = whole.labels
  const befores = new Map<Row, LabelsSoFar>()
  for (const row of fresh.rows) {
    if (row.target === undefined) continue
    befores.set(row, labels)
    labels = addLabel(labels, row.target)
  }
  const counted = [...Map.groupBy(rows, ({ prediction }) => prediction.model ?? noModel)].map(([model, group]) => {
    return addRows(tallyOf(model), group, row => befores.get(row) ?? labels, positiveAtLeast)
  })
  return [...counted, { ...whole, labels, applied: fresh.applied }] // last, so that what was cut off before it is counted again by it alone
}

function emptyTally(partition: string, model: string): Tally {
  return { partition, model, predicted: 0, unscored: 0, quality: emptyCounters(), labels: noLabels, applied: {} }
}

/** The rows that were not counted before, and how far that brings the count; sources of one partition come in the order of their offsets. */
function leaveOutCounted(
  rows: readonly Row[],
  counted: Tally['applied'],
): { readonly rows: readonly Row[]; readonly applied: Tally['applied'] } {
  const applied: Record<string, number> = { ...counted }
  const fresh = rows.filter(({ source }) => {
    const partition = `${source.topic}-${source.partition}`
    if (source.offset <= (applied[partition] ?? -1)) return false
    applied[partition] = source.offset
    return true
  })
  return { rows: fresh, applied }
}

function addRows(tally: Tally, rows: readonly Row[], beforeOf: (row: Row) => LabelsSoFar, positiveAtLeast: number): Tally {
  const fresh = leaveOutCounted(rows, tally.applied)
  const labelled = fresh.rows.filter(row => row.target !== undefined)
  const scored = labelled.flatMap((row): LabelledRow[] => {
    const { score } = row.prediction
    return score === null ? [] : [{ score, target: row.target as 0 | 1, before: beforeOf(row) }]
  })
  return {
    ...tally,
    predicted: tally.predicted + fresh.rows.length - labelled.length,
    unscored: tally.unscored + labelled.length - scored.length,
    quality: countRows(tally.quality, scored, positiveAtLeast),
    applied: fresh.applied,
  }
}
