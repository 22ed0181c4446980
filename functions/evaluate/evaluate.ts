import { countRows, emptyCounters, type QualityCounters } from '#models/measure/counters.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { decodeFeedback, decodePrediction } from '../decode.ts'
import type { KafkaRecord, Step } from '../ports.ts'
import type { Prediction, Source } from '../records.ts'

/** The model name under which records without a score are counted. */
export const noModel = 'none'

/** What has been counted for one model from one partition, and up to which source offsets. */
export interface Tally {
  readonly partition: string
  readonly model: string
  readonly predicted: number
  /** Feedback whose prediction had no score. */
  readonly unscored: number
  readonly quality: QualityCounters
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
    const groups = new Map<string, { partition: string; model: string; rows: Row[] }>()
    let invalid = 0
    for (const record of records) {
      const row = toRow(record, feedbackTopic)
      if (!row) {
        invalid++
        continue
      }
      const partition = `${record.topic}-${record.partition}`
      const model = row.prediction.model ?? noModel
      const group = groups.get(`${partition} ${model}`) ?? { partition, model, rows: [] }
      groups.set(`${partition} ${model}`, group)
      group.rows.push(row)
    }
    const stored = new Map((await store.read([...groups.values()])).map(tally => [`${tally.partition} ${tally.model}`, tally]))
    const tallies = [...groups].map(([key, { partition, model, rows }]) => {
      return addRows(stored.get(key) ?? emptyTally(partition, model), rows, pipeline.decide.positiveAtLeast)
    })
    await store.write(tallies)
    return { counts: { counted: records.length - invalid, invalid } }
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

function emptyTally(partition: string, model: string): Tally {
  return { partition, model, predicted: 0, unscored: 0, quality: emptyCounters(), applied: {} }
}

/** Adds the rows that were not counted before; sources of one partition come in the order of their offsets. */
function addRows(tally: Tally, rows: readonly Row[], positiveAtLeast: number): Tally {
  const applied: Record<string, number> = { ...tally.applied }
  const fresh = rows.filter(({ source }) => {
    const partition = `${source.topic}-${source.partition}`
    if (source.offset <= (applied[partition] ?? -1)) return false
    applied[partition] = source.offset
    return true
  })
  const labelled = fresh.filter(row => row.target !== undefined)
  const scored = labelled.flatMap(({ prediction, target }) =>
    prediction.score === null ? [] : [{ score: prediction.score, target: target as 0 | 1 }],
  )
  return {
    ...tally,
    predicted: tally.predicted + fresh.length - labelled.length,
    unscored: tally.unscored + labelled.length - scored.length,
    quality: countRows(tally.quality, scored, positiveAtLeast),
    applied,
  }
}
