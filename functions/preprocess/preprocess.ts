import type { Payload, Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { keysRead } from '#models/windows/snapshot.ts'
import type { Decoded, Refusal } from '../decode.ts'
import { countRecords } from '../features/count-records.ts'
import { decodeEvent } from '../features/decode-event.ts'
import { opOf } from '../features/decode-op.ts'
import { toFeaturesRecord, visitEvent } from '../features/to-features.ts'
import { partitionKey } from '../partition-key.ts'
import type { KafkaRecord, OutgoingRecord, SendRecords, Step } from '../ports.ts'
import { type FeaturesRecord, toSource } from '../records.ts'
import { toRejected } from '../rejected.ts'
import type { EventVisit } from '../state/event-visit.ts'
import type { StateCounts, WindowState } from '../state/window-state.ts'

/**
 * Turns each event into its feature vector, or into a rejection that says why; counts other records in the windows that events see.
 *
 * Without a state, aggregates are null and other records are left alone. Everything is stored before anything is sent: what a batch saw is kept
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
      const decoded = events.map(record => decodeEvent(pipeline, record, add))
      const { outcomes, state: stateCounts } = await makeFeatures(pipeline, state, events, decoded)
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

/** What an event is before the state has shown it its windows; the state shows them to every event, or throws. */
const unseen: Refusal = { ok: false, code: 'FEATURES_FAILED', reason: 'its windows were not read' }

/** The features of a batch's events, each with the windows of its moment where there is a state. */
async function makeFeatures(
  pipeline: Pipeline,
  state: WindowState | undefined,
  records: readonly KafkaRecord[],
  events: readonly Decoded<Payload>[],
): Promise<{ readonly outcomes: readonly Decoded<FeaturesRecord>[]; readonly state?: StateCounts }> {
  const placed = (event: Payload, at: number) => ({ event, source: toSource(records[at]) })
  const { windows: plan } = pipeline
  if (!state || !plan) {
    return { outcomes: events.map((event, at) => (event.ok ? toFeaturesRecord(pipeline, placed(event.value, at)) : event)) }
  }
  const source = plan.sources.find(({ name }) => name === 'events')!
  const outcomes: Decoded<FeaturesRecord>[] = events.map(event => (event.ok ? unseen : event))
  const visits = events.flatMap((event, at): PlacedVisit[] => {
    if (!event.ok) return []
    const op = opOf(source, event.value)
    if (!op.ok) {
      outcomes[at] = op
      return []
    }
    const visit: EventVisit['visit'] = (windows, isLate) => {
      const { outcome, isRepeat } = visitEvent(pipeline, { ...placed(event.value, at), isLate }, windows)
      outcomes[at] = outcome
      return !isRepeat
    }
    const { topic, partition, offset } = records[at]
    return [{ place: `${topic}-${partition}`, offset, op: op.value, keys: () => keysRead(plan, event.value), visit }]
  })
  return visits.length === 0 ? { outcomes } : { outcomes, state: await state.visit(Map.groupBy(visits, ({ place }) => place)) }
}

interface PlacedVisit extends EventVisit {
  /** The partition, as the state names it. */
  readonly place: string
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [T[], T[]] {
  return [items.filter(isFirst), items.filter(item => !isFirst(item))]
}
