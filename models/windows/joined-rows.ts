import { type Op, toKey } from './op.ts'
import type { JoinPlan } from './window-plan.ts'

type Payload = Readonly<Record<string, unknown>>

interface TimedRow {
  readonly atMs: number
  readonly row: unknown
}

/** The rows of one key for JSON; none where they were taken away. */
export interface StoredRows {
  readonly join: number
  readonly key: string
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
  /** All that is held but the rows of tables. */
  store(): Generator<StoredRows>
  /** The rows of a table: of these keys, or all. */
  storeTable(join: number, keys?: Iterable<string>): Generator<StoredRows>
  restore(stored: StoredRows): void
}

/** Whether a join is with a table. */
export function isTable({ beforeMs }: JoinPlan): boolean {
  return beforeMs === Number.POSITIVE_INFINITY
}

/**
 * Opens the joins of a plan, empty. Of several rows within reach an event finds the youngest; of one time, the one whose JSON sorts last, so
 * that the order of arrival does not show. In a table the last one written counts, which is of one partition and so has an order.
 */
export function openJoinedRows(joins: readonly JoinPlan[], allowedMs: number): JoinedRows {
  const tables = joins.map(() => new Map<string, TimedRow[]>())
  const oldestOf = ({ beforeMs }: JoinPlan, newestMs: number) => newestMs - beforeMs - allowedMs
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
    *store() {
      for (const [join, table] of tables.entries()) {
        if (!isTable(joins[join])) for (const [key, rows] of table) yield { join, key, rows }
      }
    },
    *storeTable(join, keys = tables[join].keys()) {
      for (const key of keys) yield { join, key, rows: tables[join].get(key) ?? [] }
    },
    restore({ join, key, rows }) {
      if (rows.length > 0) tables[join].set(key, [...rows])
      else tables[join].delete(key)
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
