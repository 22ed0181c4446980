import { type Op, toKey } from './op.ts'
import type { JoinPlan } from './window-plan.ts'

type Payload = Readonly<Record<string, unknown>>

export interface TimedRow {
  readonly atMs: number
  readonly row: unknown
}

/** The rows that one join has of a key, oldest first. */
export interface StoredRows {
  readonly join: number
  readonly rows: readonly TimedRow[]
}

/** What joins keep of their sources, by key. */
export interface JoinedRows {
  /** Takes a record's rows; `newestMs` is the source's clock with it. */
  apply(source: number, op: Op, newestMs: number): void
  /** The row that an event finds; undefined where there is none. */
  read(join: number, event: Payload, atMs: number, newestMs: number): unknown
  sweep(newestMs: (source: number) => number): void
  /** How many keys are held that may be forgotten: a table's stay. */
  keyCount(): number
  /** The keys that a join has rows of. */
  keys(join: number): Iterable<string>
  /** The rows that a join has of a key, oldest first; those that are no longer held may be among them. */
  rowsOf(join: number, key: string): readonly TimedRow[]
  /** Puts rows in place of those that are there. */
  restore(key: string, stored: StoredRows): void
  /** Lets go of a key, as if nothing had come of it. */
  drop(key: string): void
}

/** Whether a join is with a table. */
export function isTable({ beforeMs }: JoinPlan): boolean {
  return beforeMs === Number.POSITIVE_INFINITY
}

/** Rows from this time on are held of a source whose newest record is of `newestMs`; of a table all are. */
export function oldestHeldMs({ beforeMs }: JoinPlan, newestMs: number, allowedMs: number): number {
  return newestMs - beforeMs - allowedMs
}

/**
 * Opens the joins of a plan, empty. Of several rows within reach an event finds the youngest; of one time, the one whose JSON sorts last, so
 * that the order of arrival does not show. In a table the last one written counts, which is of one partition and so has an order.
 */
export function openJoinedRows(joins: readonly JoinPlan[], allowedMs: number): JoinedRows {
  const tables = joins.map(() => new Map<string, TimedRow[]>())
  const oldestOf = (join: JoinPlan, newestMs: number) => oldestHeldMs(join, newestMs, allowedMs)
  const joinsOf = (source: number) => joins.flatMap((join, at) => (join.source === source ? [at] : []))

  return {
    apply(source, { atMs, rows = [] }, newestMs) {
      joinsOf(source).forEach((at, place) => {
        const given = rows[place]
        if (!given) return
        const [key, row] = given
        if (isTable(joins[at])) {
          if (row === null) tables[at].delete(key)
          else tables[at].set(key, [{ atMs, row }])
          return
        }
        const oldest = oldestOf(joins[at], newestMs)
        if (atMs < oldest || row === null) return
        const list = tables[at].get(key) ?? []
        tables[at].set(key, list)
        while (list.length > 0 && list[0].atMs < oldest) list.shift()
        list.splice(placeIn(list, { atMs, row }), 0, { atMs, row })
      })
    },
    read(at, event, atMs, newestMs) {
      const join = joins[at]
      const key = toKey(join.read(event))
      if (key === null) return undefined
      const list = tables[at].get(key)
      if (!list) return undefined
      if (isTable(join)) return list[0].row
      const found = list.findLast(row => row.atMs <= atMs + join.afterMs)
      return found && found.atMs >= Math.max(atMs - join.beforeMs, oldestOf(join, newestMs)) ? found.row : undefined
    },
    sweep(newestMs) {
      joins.forEach((join, at) => {
        if (isTable(join)) return
        const oldest = oldestOf(join, newestMs(join.source))
        for (const [key, list] of tables[at]) if (list[list.length - 1].atMs < oldest) tables[at].delete(key)
      })
    },
    keyCount: () => tables.reduce((sum, { size }, at) => (isTable(joins[at]) ? sum : sum + size), 0),
    keys: join => tables[join].keys(),
    rowsOf: (join, key) => tables[join].get(key) ?? [],
    restore: (key, { join, rows }) => void tables[join].set(key, [...rows]),
    drop(key) {
      for (const table of tables) table.delete(key)
    },
  }
}

/** Where a row belongs: after all that are older, and among those of its time by its JSON. */
function placeIn(list: readonly TimedRow[], { atMs, row }: TimedRow): number {
  let at = list.length
  while (at > 0 && (list[at - 1].atMs > atMs || (list[at - 1].atMs === atMs && JSON.stringify(list[at - 1].row) > JSON.stringify(row))))
    at--
  return at
}
