import type { Pipeline } from '#models/pipeline-compiler.ts'
import type { WindowPlan } from '#models/windows/plan.ts'
import { type Aggregates, openWindows } from '#models/windows/windows.ts'
import { makeDoubt } from './doubt.ts'
import { eventsKind, type PartitionHistory } from './history.ts'
import { isWanted, type Recomputed, toRecomputed, type WantedRecord } from './recomputed.ts'

/** In the order of the plan; NaN is missing. */
type Values = Float64Array

/**
 * Makes features again from the archive alone: an event sees every label whose time is not after its own, and every event that arrived
 * before it.
 *
 * That is what the features mean. Live they may be made before such a label has come, or after its bucket was given up; each row says
 * which of its features hang on one of those.
 */
export function* recomputeByEventTime(parts: {
  readonly pipeline: Pipeline
  readonly plan: WindowPlan
  readonly histories: readonly PartitionHistory[]
  /** How long before a prediction a record may have arrived and not been counted yet. */
  readonly lagMs: number
}): Generator<Recomputed> {
  const { pipeline, plan, histories, lagMs } = parts
  const byLabels = readLabels(plan, histories)
  const isOverEvents = plan.names.map((_, at) => plan.reads.some(({ isOpen, windows }) => isOpen && windows.some(hasStat(at))))
  const findDoubt = makeDoubt(plan, histories, lagMs)
  for (const { history, record, values } of readEvents(plan, histories)) {
    const aggregates = toAggregates(plan, at => (isOverEvents[at] ? values : byLabels.get(record)!)[at])
    const made = toRecomputed(pipeline, history, record, { read: () => aggregates, readRows: () => ({}) })
    if (made.outcome !== 'made') {
      yield made
      continue
    }
    const doubtful = (madeAtMs: number) => {
      const doubted = findDoubt(history, record, madeAtMs)
      return findDependent(pipeline, record, { features: made.features, aggregates, doubted: doubted.map(at => plan.names[at]) })
    }
    yield { ...made, doubtful }
  }
}

const hasStat =
  (place: number) =>
  ({ stats }: { readonly stats: readonly { readonly at: number }[] }) =>
    stats.some(({ at }) => at === place)

/** What each wanted event sees of all sources but the events, in the order of event time. */
function readLabels(plan: WindowPlan, histories: readonly PartitionHistory[]): Map<WantedRecord, Values> {
  const events = histories.filter(({ kind }) => kind === eventsKind(plan)).flatMap(({ records }) => records.filter(isWanted))
  const labels = histories
    .filter(({ kind }) => kind !== eventsKind(plan))
    .flatMap(({ kind, records }) => records.filter(record => record.isCounted).map(({ op }) => ({ kind, op })))
    .sort((a, b) => a.op.atMs - b.op.atMs)
  const windows = openWindows(plan)
  const values = new Map<WantedRecord, Values>()
  let next = 0
  for (const record of events.sort((a, b) => a.op.atMs - b.op.atMs)) {
    for (; next < labels.length && labels[next].op.atMs <= record.op.atMs; next++) windows.apply(labels[next].kind, labels[next].op)
    values.set(record, windows.readValues(record.event))
  }
  return values
}

/** What each wanted event sees of the events, in the order of their arrival. */
function* readEvents(plan: WindowPlan, histories: readonly PartitionHistory[]) {
  const kind = eventsKind(plan)
  const events = histories
    .filter(history => history.kind === kind)
    .flatMap(history => history.records.map(record => ({ history, record })))
    .sort(
      (a, b) =>
        a.record.arrivedAtMs - b.record.arrivedAtMs || a.history.partition - b.history.partition || a.record.offset - b.record.offset,
    )
  const windows = openWindows(plan)
  for (const { history, record } of events) {
    if (isWanted(record)) yield { history, record, values: windows.readValues(record.event) }
    if (record.isCounted) windows.apply(kind, record.op)
  }
}

function toAggregates({ names }: WindowPlan, readAt: (at: number) => number): Aggregates {
  const aggregates: Record<string, number | null> = {}
  for (let at = 0; at < names.length; at++) {
    const value = readAt(at)
    aggregates[names[at]] = Number.isNaN(value) ? null : value
  }
  return aggregates
}

/** The features that change with the doubted aggregates: tried with none, and with another number. */
function findDependent(
  pipeline: Pipeline,
  { event }: WantedRecord,
  {
    features,
    aggregates,
    doubted,
  }: { features: Extract<Recomputed, { outcome: 'made' }>['features']; aggregates: Aggregates; doubted: readonly string[] },
): ReadonlySet<number> {
  const dependent = new Set<number>()
  if (doubted.length === 0) return dependent
  const tries = [(_: number | null) => null, (value: number | null) => (value ?? 0) + 1]
  for (const change of tries) {
    const changed = Object.fromEntries(doubted.map(name => [name, change(aggregates[name])]))
    const again = pipeline.toFeatures(event, { ...aggregates, ...changed })
    for (const [at, feature] of features.entries()) if (again[at] !== feature) dependent.add(at)
  }
  return dependent
}
