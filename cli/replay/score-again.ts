import { memoryState } from '#functions/adapters/memory-state.ts'
import type { ModelsInService } from '#functions/bundles/models-in-service.ts'
import { makeKeySplit } from '#functions/infer/arm.ts'
import { makeInfer, type RowLayer } from '#functions/infer/infer.ts'
import type { KafkaRecord, OutgoingRecord } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import type { LayerScore, Source } from '#functions/records.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { type TopicSuffix, topicName } from '#models/topics.ts'
import type { LoadedModels } from './load-models.ts'
import type { Service } from './plan.ts'
import type { ThenRecord } from './then-record.ts'

/** Where feature vectors come from: made `again` from the archived events by preprocess, or `archived` with the predictions of then. */
export type FeatureSource = 'again' | 'archived'

/** An archived event beside the record that was predicted from it then. */
export interface ArchivedRow {
  readonly event: KafkaRecord
  readonly past: ThenRecord | undefined
}

/** What the steps made of a batch, for the shadow topics. */
export interface ScoredBatch {
  readonly predictions: readonly OutgoingRecord[]
  readonly rejected: readonly OutgoingRecord[]
}

/** The steps of a replay. */
export interface ScoreAgain {
  /** Runs a batch through them, with the models and at the clock that are given. */
  score(rows: readonly ArchivedRow[], models: ModelsInService, nowMs: number): Promise<ScoredBatch>
  /** Lets the windows see records of before; what is made of them is dropped. */
  feed(records: readonly KafkaRecord[]): Promise<void>
}

/**
 * The steps preprocess and infer, joined in memory; preprocess is passed over where the features are those of then.
 *
 * Where the models of then score, what the online layer gave then stands beside them (`millrace layer check` makes it again); another model goes
 * without a layer. What they send is kept here and given back under the names of the shadow topics: no other topic's name comes out. Windows are kept in
 * memory, and empty until they are fed.
 */
export function makeScoreAgain(
  pipeline: Pipeline,
  prefix: string,
  { features: source, isOfThen }: { readonly features: FeatureSource; readonly isOfThen: boolean },
): ScoreAgain {
  const liveTopic = (suffix: TopicSuffix) => topicName(pipeline.name, suffix)
  let sent: OutgoingRecord[] = []
  let models: ModelsInService = {}
  let clockMs = 0
  const send = async (records: readonly OutgoingRecord[]) => {
    sent.push(...records)
  }
  const sentTo = (suffix: TopicSuffix) => sent.filter(({ topic }) => topic === liveTopic(suffix))
  const toShadow = (suffix: TopicSuffix) => sentTo(suffix).map(record => ({ ...record, topic: topicName(prefix, suffix) }))
  const { windows } = pipeline
  const state = windows && makeWindowState({ plan: windows, store: memoryState(), nowMs: () => clockMs })
  const preprocess = makePreprocess({ pipeline, send, ...(state ? { state } : {}) })
  let layerThen: ReadonlyMap<string, LayerScore> = new Map()
  const layer: RowLayer = { score: row => layerThen.get(toPlace(row.source)) }
  const infer = makeInfer({ pipeline, models: async () => models, layer: async () => layer, send, nowMs: () => clockMs })
  const sendFeatures: Readonly<Record<FeatureSource, (rows: readonly ArchivedRow[]) => Promise<unknown>>> = {
    again: rows => preprocess(rows.map(({ event }) => event)),
    archived: rows => send(rows.flatMap(({ past }) => (past ? toFeaturesThen(liveTopic('features'), past) : []))),
  }

  return {
    async score(rows, service, nowMs) {
      models = service
      clockMs = nowMs
      sent = []
      layerThen = isOfThen ? toLayerThen(rows) : new Map()
      await sendFeatures[source](rows)
      await infer(sentTo('features').map((record, offset) => toConsumed(record, offset, nowMs)))
      return { predictions: toShadow('predictions'), rejected: toShadow('rejected') }
    },
    async feed(records) {
      await preprocess(records)
      sent = []
    },
  }
}

/** An event's place in its topic, as text. */
export const toPlace = ({ partition, offset }: Pick<Source, 'partition' | 'offset'>) => `${partition}-${offset}`

/** What the layer gave then, by the place of the event. */
function toLayerThen(rows: readonly ArchivedRow[]): ReadonlyMap<string, LayerScore> {
  return new Map(
    rows.flatMap(({ past }) => {
      const { layer, source } = past?.prediction ?? {}
      return layer && source ? [[toPlace(source), layer] as const] : []
    }),
  )
}

/** The record of topic `features` that a prediction was made from. */
function toFeaturesThen(topic: string, { key, prediction }: ThenRecord): OutgoingRecord {
  const { id, atMs, features, definition, source } = prediction
  return { topic, key: key && Buffer.from(key), value: JSON.stringify({ id, atMs, features, definition, source }) }
}

/** A sent record as a consumer would get it. */
function toConsumed({ topic, key, value }: OutgoingRecord, offset: number, recordedAtMs: number): KafkaRecord {
  return { topic, partition: 0, offset, recordedAtMs, key: toBytes(key), value: toBytes(value), headers: [] }
}

function toBytes(content: Buffer | string | null): Buffer | null {
  return typeof content === 'string' ? Buffer.from(content) : content
}

/** The models of a batch as infer takes them; those that are gone are left out. `challengedKeys` are the keys that the challenger had. */
export function toModelsInService(
  service: Service,
  { scorers }: LoadedModels,
  challengedKeys: readonly (Uint8Array | string)[],
): ModelsInService {
  const [champion, shadow, challenger] = [service.champion, service.shadow, service.challenger].map(version => scorers.get(version ?? ''))
  if (!champion) return {}
  return {
    champion,
    ...(shadow ? { shadow } : {}),
    ...(challenger ? { challenger: { scorer: challenger, share: leastShare(challenger.version, challengedKeys) } } : {}),
  }
}

/** Shares that the split of keys can tell apart. */
const shareSteps = 2 ** 32

/**
 * The least share of the keys with which the challenger has all of these.
 *
 * The share of then is in no record, and need not be: it was at least this one, and a larger share only adds keys, so the least one that
 * gives the challenger its keys leaves the champion its own.
 */
function leastShare(version: string, keys: readonly (Uint8Array | string)[]): number {
  if (keys.length === 0) return 0
  let [tooSmall, enough] = [0, shareSteps]
  while (enough - tooSmall > 1) {
    const middle = Math.floor((tooSmall + enough) / 2)
    if (keys.every(makeKeySplit(version, middle / shareSteps))) enough = middle
    else tooSmall = middle
  }
  return enough / shareSteps
}
