import { toKey } from '#models/windows/op.ts'
import type { JoinPlan, WindowPlan } from '#models/windows/window-plan.ts'
import type { PartitionHistory } from './history.ts'
import type { WantedRecord } from './recomputed.ts'
import { makeIndex, type Placed } from './record-index.ts'

/** What is known of an event and of the moment at which its features were made. */
export interface Moment {
  readonly history: PartitionHistory
  readonly record: WantedRecord
  readonly madeAtMs: number
  /** How long a record waits to be counted: the lag, or as long as the event itself waited for its prediction. */
  readonly waitMs: number
}

/** A join of which it is not certain what an event found, and each row that it may have found; undefined is none. */
export interface JoinDoubt {
  readonly name: string
  readonly found: readonly unknown[]
}

/**
 * Finds the joins that hang on records of which it is not known whether they had been counted.
 *
 * Of a stream: one within reach that arrived after the prediction was made or less than the wait before it, or that had been given up for
 * newer ones by then. Of a table: a row that was written less than the wait before the event, or before the prediction was made.
 */
export function makeJoinDoubt(
  plan: WindowPlan,
  known: { readonly histories: readonly PartitionHistory[]; readonly newestMs: (source: number, arrivedUntilMs: number) => number },
): (moment: Moment) => JoinDoubt[] {
  const rowsOf = makeIndex(known.histories, ({ op }, place) => op.rows?.[place]?.[0])
  const tables = new Set(known.histories.filter(({ isTable }) => isTable).map(({ kind }) => kind))
  const joins = plan.joins.filter((_, at) => at !== plan.repeatAt)
  return moment =>
    joins.flatMap(join => {
      const key = toKey(join.read(moment.record.event))
      const place = plan.joins.filter(({ source }) => source === join.source).indexOf(join)
      const rows = key === null ? [] : (rowsOf(join.source, place).get(key) ?? [])
      const reach = tables.has(join.source) ? reachOfTable(rows, moment) : reachOfStream(rows, { join, moment, ...known, plan })
      return reach.length === 0 ? [] : [{ name: join.name, found: reach.map(row => row && (row.record.op.rows![place]![1] ?? undefined)) }]
    })
}

type Reach = readonly (Placed | undefined)[]

/** The rows in doubt, and what was there before them; nothing where no row is in doubt. */
function reachOfTable(rows: readonly Placed[], { record, madeAtMs, waitMs }: Moment): Reach {
  const isBefore = ({ record: { arrivedAtMs } }: Placed) => arrivedAtMs <= record.arrivedAtMs - waitMs
  const doubted = rows.filter(row => !isBefore(row) && row.record.arrivedAtMs <= madeAtMs)
  return doubted.length === 0 ? [] : [rows.findLast(isBefore), ...doubted]
}

/** All rows within the join's reach and none, where one of them is in doubt. */
function reachOfStream(
  rows: readonly Placed[],
  {
    join: { beforeMs, afterMs, source },
    moment: { record, madeAtMs, waitMs },
    plan,
    newestMs,
  }: {
    readonly join: JoinPlan
    readonly moment: Moment
    readonly plan: WindowPlan
    readonly newestMs: (source: number, arrivedUntilMs: number) => number
  },
): Reach {
  const { atMs } = record.op
  const within = rows.filter(({ record: { op } }) => op.atMs >= atMs - beforeMs && op.atMs <= atMs + afterMs)
  const oldestHeldMs = newestMs(source, madeAtMs) - beforeMs - plan.lateness.allowedMs
  const isDoubted = within.some(({ record: { op, arrivedAtMs } }) => arrivedAtMs > madeAtMs - waitMs || op.atMs < oldestHeldMs)
  return isDoubted ? [undefined, ...within] : []
}
