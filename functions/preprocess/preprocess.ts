import type { FeatureValue, Payload, Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { type Op, toOp } from '#models/windows/op.ts'
import type { Aggregates, Windows } from '#models/windows/windows.ts'
import { type Decoded, decodeJson, type Refusal } from '../decode.ts'
import { checkSize } from '../features/check-size.ts'
import { partitionKey } from '../partition-key.ts'
import type { KafkaRecord, OutgoingRecord, SendRecords, Step } from '../ports.ts'
import { type FeaturesRecord, toSource } from '../records.ts'
import { toRejected } from '../rejected.ts'
import type { EventVisit, StateCounts, WindowState } from '../state/window-state.ts'
import { countRecords } from './count-records.ts'

/**
 * Turns each event into its feature vector, or into a rejection that says why; counts labels in the windows that events see.
 *
 * Without a state, aggregates are null and labels are left alone. Everything is stored before anything is sent: what a batch saw is kept
 * with it, so that one that comes again sees, and sends, the same.
 */
export function makePreprocess(ports: { readonly pipeline: Pipeline; readonly send: SendRecords; readonly state?: WindowState }): Step {
  const { pipeline, send, state } = ports
  const countedTopics = new Set(['labels', ...pipeline.inputs.map(({ name }) => name)].map(name => `${pipeline.name}.${name}`))
  const featuresTopic = topicName(pipeline.name, 'features')
  const rejectedTopic = topicName(pipeline.name, 'rejected')

  return async records => {
    const counts: Record<string, number> = {}
    const add = (name: string, amount = 1) => {
      if (amount > 0) counts[name] = (counts[name] ?? 0) + amount
    }
    const addState = (stateCounts: StateCounts) => {
      for (const [name, amount] of Object.entries(stateCounts)) add(name, amount)
    }
    const [others, events] = partition(records, ({ topic }) => countedTopics.has(topic))
    if (others.length > 0) {
      const counted = await countRecords({ pipeline, state, records: others })
      add('counted', counted.counted)
      add('ignored', counted.ignored)
      addState(counted.state)
    }
    if (events.length > 0) {
      const made = events.map(record => decodeEvent(pipeline, record, add))
      const { outcomes, state: stateCounts } = await makeFeatures(pipeline, state, events, made)
      if (stateCounts) addState(stateCounts)
      let rejected = 0
      const outgoing = outcomes.map((outcome, at): OutgoingRecord => {
        const record = events[at]
        if (outcome.ok)
          return { topic: featuresTopic, key: partitionKey(record.key, outcome.value.id), value: JSON.stringify(outcome.value) }
        rejected++
        return toRejected(rejectedTopic, record, { step: 'preprocess', ...outcome })
      })
      await send(outgoing)
      counts.accepted = events.length - rejected
      counts.rejected = rejected
      await state?.snapshot()
    }
    return { counts }
  }
}

/** The event in a record: decoded, cleaned, valid, and wanted by the filter. `onRule` is told of each cleaning rule that changed something. */
export function decodeEvent(pipeline: Pipeline, record: KafkaRecord, onRule?: (rule: string) => void): Decoded<Payload> {
  const json = decodeJson(record)
  if (!json.ok) return json
  const parsed = pipeline.parseEvent(json.value, onRule)
  if (!parsed.ok) return { ok: false, code: 'EVENT_INVALID', reason: `${parsed.field}: ${parsed.reason}` }
  const skew = pipeline.clockSkew(pipeline.eventAtMs(parsed.value), record.recordedAtMs)
  if (skew !== undefined) return { ok: false, code: 'EVENT_INVALID', reason: skew }
  try {
    if (!pipeline.isScored(parsed.value)) return { ok: false, code: 'FILTERED', reason: "the definition's filter leaves it out" }
  } catch (error) {
    return featuresFailed(error)
  }
  return parsed
}

/** What is known of an event beside itself. */
export interface Known {
  readonly aggregates?: Aggregates
  /** Rows of the inputs that it joins with. */
  readonly rows?: Readonly<Record<string, unknown>>
}

/** Decode, validate, filter, join, features: the whole of preprocessing for one event, given what else is known. */
export function toFeaturesRecord(pipeline: Pipeline, record: KafkaRecord, known?: Known): Decoded<FeaturesRecord> {
  const decoded = decodeEvent(pipeline, record)
  return decoded.ok ? withFeatures(pipeline, record, decoded.value, known) : decoded
}

function withFeatures(pipeline: Pipeline, record: KafkaRecord, event: Payload, known: Known = {}): Decoded<FeaturesRecord> {
  let features: FeatureValue[]
  try {
    features = pipeline.toFeatures(event, known.aggregates, known.rows)
  } catch (error) {
    return featuresFailed(error)
  }
  const sized = checkSize(features)
  if (!sized.ok) return sized
  const value = {
    id: pipeline.eventId(event),
    atMs: pipeline.eventAtMs(event),
    features,
    definition: pipeline.definition,
    source: toSource(record),
  }
  return { ok: true, value }
}

function featuresFailed(error: unknown): Refusal {
  return { ok: false, code: 'FEATURES_FAILED', reason: `a function of the definition threw: ${(error as Error).message}` }
}

/** The features of a batch's events, each with the windows of its moment where there is a state. */
async function makeFeatures(
  pipeline: Pipeline,
  state: WindowState | undefined,
  records: readonly KafkaRecord[],
  events: readonly Decoded<Payload>[],
): Promise<{ readonly outcomes: readonly Decoded<FeaturesRecord>[]; readonly state?: StateCounts }> {
  if (!state || !pipeline.windows) {
    return { outcomes: events.map((event, at) => (event.ok ? withFeatures(pipeline, records[at], event.value) : event)) }
  }
  const { sources, lateness } = pipeline.windows
  const source = sources.find(({ name }) => name === 'events')!
  const outcomes: Decoded<FeaturesRecord>[] = events.map(event => (event.ok ? unseen : event))
  const batch = new Map<string, EventVisit[]>()
  events.forEach((event, at) => {
    if (!event.ok) return
    let op: Op
    try {
      op = toOp(source, event.value)
    } catch (error) {
      outcomes[at] = featuresFailed(error)
      return
    }
    const { topic, partition, offset } = records[at]
    const visit = (windows: Windows, isLate: boolean) => {
      const isRepeat = windows.isRepeat(event.value)
      if (isRepeat) outcomes[at] = { ok: false, code: 'EVENT_REPEATED', reason: 'an event of this id came before' }
      else if (isLate && lateness.later === 'reject') {
        outcomes[at] = {
          ok: false,
          code: 'EVENT_LATE',
          reason: `more than ${lateness.allowedMs} ms older than its partition's newest event`,
        }
      } else outcomes[at] = readFeatures(pipeline, records[at], event.value, windows)
      return !isRepeat
    }
    pushTo(batch, `${topic}-${partition}`, { offset, op, visit })
  })
  return batch.size === 0 ? { outcomes } : { outcomes, state: await state.visit(batch) }
}

/** What an event is before the state has shown it its windows; the state shows them to every event, or throws. */
const unseen: Refusal = { ok: false, code: 'FEATURES_FAILED', reason: 'its windows were not read' }

function readFeatures(pipeline: Pipeline, record: KafkaRecord, event: Payload, windows: Windows): Decoded<FeaturesRecord> {
  let known: Known
  try {
    known = { aggregates: windows.read(event), rows: windows.readRows(event) }
  } catch (error) {
    return featuresFailed(error)
  }
  return withFeatures(pipeline, record, event, known)
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [T[], T[]] {
  return [items.filter(isFirst), items.filter(item => !isFirst(item))]
}

/** Adds to the list of a key, which is made where it is not there. */
export function pushTo<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key)
  if (list) list.push(item)
  else lists.set(key, [item])
}
