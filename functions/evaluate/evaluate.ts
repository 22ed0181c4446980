import type { Pipeline } from '#models/pipeline-compiler.ts'
import {
  addLabel,
  countRows,
  emptyCounters,
  type LabelledRow,
  type LabelsSoFar,
  noLabels,
  type QualityCounters,
} from '#models/task/yes-no/counters.ts'
import { topicName } from '#models/topics.ts'
import { decodeFeedback, decodePrediction } from '../decode.ts'
import type { KafkaRecord, Step } from '../ports.ts'
import type { Arm } from '../records.ts'
import { type Applied, type CountedRow, leaveOutCounted } from './applied.ts'
import { countDuels, type DuelStore } from './duels.ts'

/** The model name under which records without a score are counted. */
export const noModel = 'none'

/** The model name of the tally that holds a partition's labels so far, whichever model scored them: what the baselines guess from. */
export const everyModel = 'every'

/** How a model came to score a row: its score counted, as champion's or challenger's, or was kept beside the one that did. */
export type TallyArm = Arm | 'shadow'

/** What has been counted for one model and arm from one partition, and up to which source offsets. */
export interface Tally {
  readonly partition: string
  readonly model: string
  readonly arm: TallyArm
  readonly predicted: number
  /** Feedback whose prediction had no score. */
  readonly unscored: number
  readonly quality: QualityCounters
  /** Of the tally of every model: the labels that the partition has seen. */
  readonly labels: LabelsSoFar
  /** Of the tally of every model: the source offsets that are in the partition's tallies. What comes again adds nothing to any of them. */
  readonly applied: Applied
}

export type TallyKey = Pick<Tally, 'partition' | 'model' | 'arm'>

/** Where tallies are kept. A partition has one writer at a time, so a write that loses means a twin is at work. */
export interface TallyStore {
  read(keys: readonly TallyKey[]): Promise<readonly Tally[]>
  /** Writes all or nothing, each only if its stored version is the one that was read; throws where one is not. */
  write(tallies: readonly Tally[]): Promise<void>
}

/** A model's score of a row; null for a row without one. */
interface ScoredRow extends CountedRow {
  readonly model: string
  readonly arm: TallyArm
  readonly score: number | null
}

/** Counts predictions, the quality of those whose label has come, and the duels of models that scored the same rows. */
export function makeEvaluate(ports: { readonly pipeline: Pipeline; readonly tallies: TallyStore; readonly duels: DuelStore }): Step {
  const { pipeline, tallies, duels } = ports
  const feedbackTopic = topicName(pipeline.name, 'feedback')

  return async records => {
    const rows = records.flatMap(record => {
      const row = toRow(record, feedbackTopic)
      return row ? [{ ...row, partition: `${record.topic}-${record.partition}` }] : []
    })
    for (const [partition, group] of Map.groupBy(rows, row => row.partition)) {
      await countDuels(duels, partition, group)
      const keys = [...new Map(group.flatMap(toScoredRows).map(row => [nameOf(row), row])).values()]
      const stored = await tallies.read([...keys.map(({ model, arm }) => ({ partition, model, arm })), { partition, ...whole }])
      await tallies.write(countPartition(partition, group, stored, pipeline.decide.positiveAtLeast))
    }
    return { counts: { counted: rows.length, invalid: records.length - rows.length } }
  }
}

const whole = { model: everyModel, arm: 'champion' } as const
const nameOf = ({ model, arm }: Pick<Tally, 'model' | 'arm'>) => `${arm} ${model}`

/** One for the score that counted, one for each that was kept beside it. */
function toScoredRows(row: CountedRow): ScoredRow[] {
  const { model, arm, score, shadows } = row.prediction
  const counted: ScoredRow = { ...row, model: model ?? noModel, arm, score }
  return [counted, ...shadows.map((shadow): ScoredRow => ({ ...row, ...shadow, arm: 'shadow' }))]
}

function toRow(record: KafkaRecord, feedbackTopic: string): CountedRow | undefined {
  if (record.topic === feedbackTopic) {
    const decoded = decodeFeedback(record)
    return decoded.ok ? { prediction: decoded.value, target: decoded.value.target, source: decoded.value.labelSource } : undefined
  }
  const decoded = decodePrediction(record)
  return decoded.ok ? { prediction: decoded.value, source: decoded.value.source } : undefined
}

/**
 * The tallies of a partition after these rows: one for each model and arm among them, and the one of every model.
 *
 * An event or label that was counted before, for whichever model, adds nothing: one that comes again may have been scored by another.
 */
function countPartition(partition: string, rows: readonly CountedRow[], stored: readonly Tally[], positiveAtLeast: number): Tally[] {
  const tallyOf = (key: Pick<Tally, 'model' | 'arm'>) => {
    return stored.find(tally => nameOf(tally) === nameOf(key)) ?? emptyTally({ partition, ...key })
  }
  const ofAll = tallyOf(whole)
  const fresh = leaveOutCounted(rows, ofAll.applied)
  let labels = ofAll.labels
  const scored = fresh.rows.flatMap(row => {
    const before = labels
    if (row.target !== undefined) labels = addLabel(labels, row.target)
    return toScoredRows(row).map(own => ({ ...own, before }))
  })
  const counted = [...Map.groupBy(scored, nameOf).values()].map(group => addRows(tallyOf(group[0]), group, positiveAtLeast))
  return [...counted, { ...ofAll, labels, applied: fresh.applied }]
}

function emptyTally({ partition, model, arm }: TallyKey): Tally {
  return { partition, model, arm, predicted: 0, unscored: 0, quality: emptyCounters(), labels: noLabels, applied: {} }
}

function addRows(tally: Tally, rows: readonly (ScoredRow & { readonly before: LabelsSoFar })[], positiveAtLeast: number): Tally {
  const labelled = rows.filter(row => row.target !== undefined)
  const scored = labelled.flatMap(({ score, target, before }): LabelledRow[] => {
    return score === null ? [] : [{ score, target: target as 0 | 1, before }]
  })
  return {
    ...tally,
    predicted: tally.predicted + rows.length - labelled.length,
    unscored: tally.unscored + labelled.length - scored.length,
    quality: countRows(tally.quality, scored, positiveAtLeast),
  }
}
