import { addToSketch, registerCount } from './distinct.ts'
import { type JoinedRows, openJoinedRows } from './joined-rows.ts'
import { type Op, toKey, toOp } from './op.ts'
import { type ReadStat, readStat, type Span } from './read-stat.ts'
import { addToLane, findEntry, keptAt, makeRing, openEntry, type Ring } from './ring.ts'
import { splitSquare } from './squares.ts'
import type { ReadPlan, RingPlan, StatPlan, WindowPlan, WindowRead } from './window-plan.ts'

type Payload = Readonly<Record<string, unknown>>

/** The aggregates of an event by their names; null is missing. */
export type Aggregates = Readonly<Record<string, number | null>>

/** The windows of a definition in memory. */
export interface Windows {
  readonly plan: WindowPlan
  /** Counts an event from now on; read it first, for it must not see itself. */
  applyEvent(event: Payload): void
  applyLabel(label: Payload): void
  /** Counts a record of a source by its place in the plan. */
  apply(source: number, op: Op): void
  /** All aggregates of an event, in the order of the plan; NaN is missing. */
  readValues(event: Payload): Float64Array
  /** The same by name, as features take them; null is missing. */
  read(event: Payload): Aggregates
  /** The rows that an event finds, by the name of the input. */
  readRows(event: Payload): Readonly<Record<string, unknown>>
  /** Whether an event of the same id was counted within the definition's horizon. */
  isRepeat(event: Payload): boolean
  readonly joined: JoinedRows
  /** The newest event time of each source so far; -Infinity before the first. */
  newestMs(source: number): number
  /** Forgets keys in which nothing is held any more; it changes no answer, and happens by itself as often as keys have doubled. */
  sweep(): void
  /** How many keys are held, of rings and of joins; rows of tables, which stay, are left out. */
  keyCount(): number
  /** The rings by key, for whoever stores them. */
  rings(ring: number): Map<string, Ring>
  /** Lets go of a key in all rings and joins, as if nothing had come of it. */
  drop(key: string): void
  /** Moves the clock of a source on, where a stored state is taken over. */
  advance(source: number, atMs: number): void
}

/** Fewer keys than this are not worth a sweep. */
const keysUnswept = 1_000

/**
 * Opens the windows of a plan, empty.
 *
 * What is read depends only on which records were applied, never on their order. A record older than all that is held is left out.
 *
 * @example const windows = openWindows(plan); windows.applyLabel(label); windows.read(event)
 */
export function openWindows(plan: WindowPlan): Windows {
  const states = plan.rings.map(() => new Map<string, Ring>())
  const newest = plan.sources.map(() => Number.NEGATIVE_INFINITY)
  const ringIndexes = plan.sources.map((_, source) => plan.rings.flatMap((ring, at) => (ring.source === source ? [at] : [])))
  const eventsAt = plan.sources.findIndex(({ name }) => name === 'events')
  const labelsAt = plan.sources.findIndex(({ name }) => name === 'labels')
  const eventTimeOf = plan.sources[eventsAt].timeOf
  const empty = emptyValues(plan)
  const joined = openJoinedRows(plan.joins, plan.lateness.allowedMs)
  const findRow = (join: number, event: Payload) => joined.read(join, event, eventTimeOf(event), newest[plan.joins[join].source])

  const span: Span = { from: 0, to: 0, now: 0, windowMs: 0 } // one for all reads: nobody keeps it
  const reads: readonly CompiledRead[] = plan.reads.map(group => ({
    group,
    ringPlan: plan.rings[group.ring],
    rings: states[group.ring],
    windows: group.windows.map(window => ({ window, stats: window.stats.map(stat => ({ stat, read: readStat[stat.stat] })) })),
  }))

  const oldestOf = (ringPlan: RingPlan) => oldestHeldBucket(ringPlan, newest[ringPlan.source])

  const keyCount = () => states.reduce((sum, { size }) => sum + size, joined.keyCount())
  let sweepAbove = keysUnswept

  function sweep(): void {
    joined.sweep(source => newest[source])
    plan.rings.forEach((ringPlan, at) => {
      const oldest = oldestOf(ringPlan)
      for (const [key, { cells, end }] of states[at]) if (cells[(end - 1) * ringPlan.stride] < oldest) states[at].delete(key)
    })
    sweepAbove = keysUnswept + 2 * keyCount() // so that a key is looked at once or twice, however many are seldom seen again
  }

  function apply(source: number, op: Op): void {
    if (op.atMs > newest[source]) newest[source] = op.atMs
    if (op.rows) joined.apply(source, op, newest[source])
    let mayBeNew = op.rows !== undefined
    for (const at of ringIndexes[source]) {
      const ringPlan = plan.rings[at]
      const key = op.keys[ringPlan.key]
      if (key === null) continue
      const bucket = Math.floor(op.atMs / ringPlan.bucketMs)
      const oldest = oldestOf(ringPlan)
      if (bucket < oldest) continue
      const rings = states[at]
      let ring = rings.get(key)
      if (!ring) {
        ring = makeRing(ringPlan)
        rings.set(key, ring)
        mayBeNew = true
      }
      addOp(ring, ringPlan, openEntry(ring, ringPlan, bucket, oldest), op)
    }
    if (mayBeNew && keyCount() > sweepAbove) sweep()
  }

  function readInto({ group, ringPlan, rings, windows }: CompiledRead, event: Payload, atMs: number, values: Float64Array): void {
    const key = toKey(group.read(event))
    if (key === null) return
    const ring = rings.get(key)
    if (!ring) {
      for (const { stats } of windows) for (const { stat } of stats) values[stat.at] = empty[stat.at]
      return
    }
    const last = Math.floor(atMs / ringPlan.bucketMs) - (group.isOpen ? 0 : 1)
    const oldest = oldestOf(ringPlan)
    for (const { window, stats } of windows) {
      findSpan(ring, ringPlan, window, last, oldest, span)
      for (const { stat, read } of stats) values[stat.at] = read(ring, ringPlan, stat, span) ?? Number.NaN
    }
  }

  function readValues(event: Payload): Float64Array {
    const values = new Float64Array(plan.names.length).fill(Number.NaN)
    const atMs = eventTimeOf(event)
    for (const read of reads) readInto(read, event, atMs, values)
    return values
  }

  return {
    plan,
    apply,
    applyEvent: event => apply(eventsAt, toOp(plan.sources[eventsAt], event)),
    applyLabel: label => apply(labelsAt, toOp(plan.sources[labelsAt], label)),
    readValues,
    read: event => toRow(plan.names, readValues(event)),
    readRows(event) {
      const rows: Record<string, unknown> = {}
      plan.joins.forEach(({ name }, join) => {
        if (join !== plan.repeatAt) rows[name] = findRow(join, event)
      })
      return rows
    },
    isRepeat: event => plan.repeatAt >= 0 && findRow(plan.repeatAt, event) !== undefined,
    joined,
    newestMs: source => newest[source],
    rings: ring => states[ring],
    drop(key) {
      for (const state of states) state.delete(key)
      joined.drop(key)
    },
    advance(source, atMs) {
      newest[source] = Math.max(newest[source], atMs)
    },
    sweep,
    keyCount,
  }
}

/** The oldest bucket that is held of a source whose newest record is of `newestMs`. */
export function oldestHeldBucket({ bucketMs, bucketCount }: RingPlan, newestMs: number): number {
  return Math.floor(newestMs / bucketMs) - bucketCount + 1
}

/** What one group of windows reads, with everything looked up beforehand. */
interface CompiledRead {
  readonly group: ReadPlan
  readonly ringPlan: RingPlan
  readonly rings: ReadonlyMap<string, Ring>
  readonly windows: readonly {
    readonly window: WindowRead
    readonly stats: readonly { readonly stat: StatPlan; readonly read: ReadStat }[]
  }[]
}

/** Finds the entries of a window that ends with bucket `last`; what is older than `oldest` is not held, whether it is still there or not. */
function findSpan(ring: Ring, { bucketMs, stride }: RingPlan, window: WindowRead, last: number, oldest: number, span: Span): void {
  const { kind, bucketCount, windowMs, gapMs } = window
  const now = kind === 'tumbling' ? Math.floor((last + 1) / bucketCount) * bucketCount - 1 : last
  const to = findEntry(ring, stride, now)
  const from = findEntry(ring, stride, Math.max(now - bucketCount, oldest - 1))
  span.from = kind === 'session' ? sessionStart(ring, stride, { from, to, now }, gapMs / bucketMs) : from
  span.to = to
  span.now = now
  span.windowMs = windowMs
}

/** The entry before the session that is open at bucket `now`; `to` itself where none is. */
function sessionStart({ cells }: Ring, stride: number, { from, to, now }: Omit<Span, 'windowMs'>, gapBuckets: number): number {
  if (to <= from || now - cells[to * stride] > gapBuckets) return to
  let start = to
  while (start - 1 > from && cells[start * stride] - cells[(start - 1) * stride] <= gapBuckets) start--
  return start - 1
}

/** Adds a record to its bucket; every way of adding gives the same in any order. */
function addOp(ring: Ring, plan: RingPlan, entry: number, { atMs, values }: Op): void {
  const { cells, sketches } = ring
  for (let lane = 0; lane < plan.sumCount; lane++) {
    const { kind, value } = plan.sums[lane]
    const units = kind === 'count' ? 1 : values[value]
    if (Number.isNaN(units)) continue
    const amount = kind === 'count' || kind === 'number' ? 1 : kind === 'sum' ? units : splitSquare(units)[squareParts[kind as 'lowSquare']]
    if (amount !== 0) addToLane(ring, plan, entry, lane, amount)
  }
  for (let lane = 0; lane < plan.keptCount; lane++) {
    const { kind, value } = plan.kept[lane]
    const units = values[value]
    const at = keptAt(plan, entry, lane)
    if (kind === 'last') {
      lane++ // its value is in the next lane
      const isLater = !(atMs < cells[at]) && (atMs !== cells[at] || units > cells[at + 1]) // of one time, the larger value
      if (isLater && !Number.isNaN(units)) {
        cells[at] = atMs
        cells[at + 1] = units
      }
    } else if (!Number.isNaN(units) && (kind === 'min' ? !(units >= cells[at]) : !(units <= cells[at]))) cells[at] = units
  }
  for (let lane = 0; lane < plan.sketchCount; lane++) {
    const hash = values[plan.sketches[lane].value]
    if (Number.isNaN(hash)) continue
    const at = entry * plan.sketchCount + lane
    sketches[at] ??= new Uint8Array(registerCount)
    addToSketch(sketches[at], hash)
  }
}

const squareParts = { highSquare: 0, crossSquare: 1, lowSquare: 2 } as const

/** What each aggregate gives for a key that has no record; NaN is missing. */
function emptyValues({ names, reads }: WindowPlan): Float64Array {
  const values = new Float64Array(names.length).fill(Number.NaN)
  for (const { windows } of reads) {
    for (const { stats } of windows) {
      for (const { at, stat } of stats) if (['count', 'sum', 'rate', 'distinct'].includes(stat)) values[at] = 0
    }
  }
  return values
}

/** The values by name, null for what is missing: one shape for all rows, so that features find them quickly. */
function toRow(names: readonly string[], values: Float64Array): Aggregates {
  const row: Record<string, number | null> = {}
  for (let at = 0; at < names.length; at++) {
    const value = values[at]
    row[names[at]] = Number.isNaN(value) ? null : value
  }
  return row
}
