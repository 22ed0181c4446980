import { makeAdapt } from '#functions/adapt/adapt.ts'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { makeArchive } from '#functions/archive/archive.ts'
import { openCurrentLayer } from '#functions/layer/current.ts'
import { encodeState, type LayerState, startState } from '#functions/layer/state.ts'
import { readState } from '#functions/layer/store.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import type { Feedback } from '#functions/records.ts'
import { pipeline } from '#models/pipeline.ts'
import { checkLayer } from '../../../cli/layer/check.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { makeNumberedFeedback } from '../../fixtures.ts'
import { memoryDynamo } from '../../memory-dynamo.ts'

export const topic = 'flights.feedback'
export const stateKey = 'layers/flights/state'
/** When the state of these tests was written last. */
export const learntAtMs = 5_000

/** What scores the rows of these tests, so that they have traces. */
const scoring = openCurrentLayer(pipeline, startState(pipeline))

/** Feedback in one of three partitions, scored by a layer; each label once, in the order of its number. */
export function makeFeedbackRecord(at: number, changes: Partial<Feedback> = {}, place: Partial<KafkaRecord> = {}): KafkaRecord {
  const row = makeNumberedFeedback(at, { scoredAtMs: 2_000 + at, ...changes })
  const feedback = { ...row, layer: scoring.score({ ...row, championScore: row.score }) }
  return makeRecord(feedback, { topic, partition: at % 3, offset: Math.floor(at / 3), recordedAtMs: 1_000 + at, ...place })
}

/** Sixty labels; from the 30th on another champion scored, so that there is a snapshot before. */
export const records = Array.from({ length: 60 }, (_, at) => makeFeedbackRecord(at, { model: at < 30 ? 'm1' : 'm2' }))

/** A layer that learns batches, and an archive that keeps them. */
export function openLayerOf() {
  const models = memoryStore()
  const archive = memoryStore()
  const adapt = makeAdapt({ pipeline, store: models, counters: dynamoCounters('counters', memoryDynamo().client), nowMs: () => learntAtMs })
  const archiveStep = makeArchive({ pipeline, store: archive, encode: encodeParquet })
  const state = async () => (await readState(models, pipeline.name)).state!
  return {
    models,
    archive,
    adapt,
    state,
    /** Keeps records, in an object for each partition. */
    keep: (batch: readonly KafkaRecord[]) => archiveStep(batch),
    async learn(all: readonly KafkaRecord[] = records, batchSize = 7) {
      for (let from = 0; from < all.length; from += batchSize) await adapt(all.slice(from, from + batchSize))
    },
    /** Writes over the state, whatever is there. */
    replace: async (changes: Partial<LayerState>, key = stateKey) => models.put(key, encodeState({ ...(await state()), ...changes })),
    check: (options: { readonly nowMs?: number; readonly waitMs?: number; readonly chaptersAtMost?: number } = {}) =>
      checkLayer({ pipeline, models, archive, nowMs: () => options.nowMs ?? learntAtMs }, options),
  }
}
