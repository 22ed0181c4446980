import { toVector } from '#functions/features/to-features.ts'
import type { FeatureMaker } from '#models/pipeline-compiler.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import { type Aggregates, openWindows, type Windows } from '#models/windows/windows.ts'
import { type Doubt, makeDoubt } from './doubt.ts'
import { eventsKind, type PartitionHistory } from './history.ts'
import { isWanted, type Recomputed, toRecomputed, type WantedRecord } from './recomputed.ts'

type Rows = Readonly<Record<string, unknown>>

/** What an event knows beside itself. */
interface Known {
  readonly aggregates: Aggregates
  readonly rows: Rows
}

/** What an event sees of some of the sources: aggregates in the order of the plan, NaN is missing, and rows by the name of the input. */
interface Seen {
  readonly values: Float64Array
  readonly rows: Rows
}

/**
 * Makes features again from the archive alone: an event sees every label and every record of a stream whose time is not after its own, and
 * every event and every row of a table that arrived before it.
 *
 * That is what the features mean. Live they may be made before such a record has come, or after its bucket was given up; each row says
 * which of its features hang on one of those.
 */
export function* recomputeByEventTime(parts: {
  readonly pipeline: FeatureMaker
  readonly plan: WindowPlan
  readonly histories: readonly PartitionHistory[]
  /** How long before a prediction a record may have arrived and not been counted yet. */
  readonly lagMs: number
}): Generator<Recomputed> {
  const { pipeline, plan, histories, lagMs } = parts
  const byTime = readByTime(plan, histories)
  const isOverEvents = plan.names.map((_, at) => plan.reads.some(({ isOpen, windows }) => isOpen && windows.some(hasStat(at))))
  const tables = new Set(histories.filter(({ isTable }) => isTable).map(({ kind }) => kind))
  const tableNames = plan.joins.flatMap(({ name, source }) => (tables.has(source) ? [name] : []))
  const findDoubt = makeDoubt(plan, histories, lagMs)
  for (const { history, record, seen } of readByArrival(plan, histories)) {
    const timed = byTime.get(record)!
    const known: Known = {
      aggregates: toAggregates(plan, at => (isOverEvents[at] ? seen : timed).values[at]),
      rows: { ...timed.rows, ...Object.fromEntries(tableNames.map(name => [name, seen.rows[name]])) },
    }
    const made = toRecomputed(pipeline, history, record, { read: () => known.aggregates, readRows: () => known.rows })
    if (made.outcome !== 'made') {
      yield made
      continue
    }
    const doubtful = (madeAtMs: number) =>
      findDependent(pipeline, record, { plan, known, features: made.features, doubt: findDoubt(history, record, madeAtMs) })
    yield { ...made, doubtful }
  }
}

const hasStat =
  (place: number) =>
  ({ stats }: { readonly stats: readonly { readonly at: number }[] }) =>
    stats.some(({ at }) => at === place)

function see(windows: Windows, { event }: WantedRecord): Seen {
  return { values: windows.readValues(event), rows: windows.readRows(event) }
}

/** What each wanted event sees of labels and streams, in the order of event time. */
function readByTime(plan: WindowPlan, histories: readonly PartitionHistory[]): Map<WantedRecord, Seen> {
  const events = histories.filter(({ kind }) => kind === eventsKind(plan)).flatMap(({ records }) => records.filter(isWanted))
  const others = histories
    .filter(({ kind, isTable }) => kind !== eventsKind(plan) && !isTable)
    .flatMap(({ kind, records }) => records.filter(record => record.isCounted).map(({ op }) => ({ kind, op })))
    .sort((a, b) => a.op.atMs - b.op.atMs)
  const windows = openWindows(plan)
  const seen = new Map<WantedRecord, Seen>()
  let next = 0
  for (const record of events.sort((a, b) => a.op.atMs - b.op.atMs)) {
    for (; next < others.length && others[next].op.atMs <= record.op.atMs; next++) windows.apply(others[next].kind, others[next].op)
    seen.set(record, see(windows, record))
  }
  return seen
}

/** What each wanted event sees of the events and the tables, in the order of their arrival. */
function* readByArrival(plan: WindowPlan, histories: readonly PartitionHistory[]) {
  const events = eventsKind(plan)
  const arrivals = histories
    .filter(({ kind, isTable }) => kind === events || isTable)
    .flatMap(history => history.records.map(record => ({ history, record })))
    .sort(
      (a, b) =>
        a.record.arrivedAtMs - b.record.arrivedAtMs || a.history.partition - b.history.partition || a.record.offset - b.record.offset,
    )
  const windows = openWindows(plan)
  for (const { history, record } of arrivals) {
    if (history.kind === events && isWanted(record)) yield { history, record, seen: see(windows, record) }
    if (record.isCounted) windows.apply(history.kind, record.op)
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

/** The features that change with what is in doubt: doubted aggregates none or another number, and joins with each row that they may have found. */
function findDependent(
  pipeline: FeatureMaker,
  { event }: WantedRecord,
  {
    plan,
    known,
    features,
    doubt,
  }: {
    readonly plan: WindowPlan
    readonly known: Known
    readonly features: Extract<Recomputed, { outcome: 'made' }>['features']
    readonly doubt: Doubt
  },
): ReadonlySet<number> {
  const { aggregates, rows } = known
  const names = doubt.aggregates.map(at => plan.names[at])
  const changeAggregates = (change: (value: number | null) => number | null) => {
    return { rows, aggregates: { ...aggregates, ...Object.fromEntries(names.map(name => [name, change(aggregates[name])])) } }
  }
  const tries: Known[] = [
    ...(names.length > 0 ? [changeAggregates(() => null), changeAggregates(value => (value ?? 0) + 1)] : []),
    ...doubt.joins.flatMap(({ name, found }) => found.map(row => ({ aggregates, rows: { ...rows, [name]: row } }))),
  ]
  const dependent = new Set<number>()
  for (const other of tries) {
    const again = toVector(pipeline, event, { read: () => other.aggregates, readRows: () => other.rows })
    if (again.ok) for (const [at, feature] of features.entries()) if (again.value[at] !== feature) dependent.add(at)
  }
  return dependent
}
