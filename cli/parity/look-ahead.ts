import type { WindowPlan } from '#models/windows/window-plan.ts'
import type { LoggedRow } from './difference.ts'
import { eventsKind, type HistoryRecord, type PartitionHistory } from './history.ts'
import { isWanted, type Recomputed, toPlace } from './recomputed.ts'

/** A row, and the places of those of its features that differ without an explanation. */
export interface UnexplainedRow {
  readonly logged: LoggedRow
  readonly places: readonly number[]
}

/** Labels counted this much before their time give so many of the unexplained values as they were logged. */
export interface LookAhead {
  readonly aheadMs: number
  readonly values: number
  readonly of: number
}

const minuteMs = 60_000
const triedMs = [1_000, 10_000, 30_000, minuteMs, 2 * minuteMs, 5 * minuteMs, 10 * minuteMs, 30 * minuteMs, 60 * minuteMs]
/** A look-ahead that gives fewer of the values is none. */
const shareAtLeast = 0.5

/** Tries whether features saw labels from after their event, and from how long after it; undefined where that explains less than half. */
export async function findLookAhead(
  plan: WindowPlan,
  options: {
    readonly histories: readonly PartitionHistory[]
    readonly rows: readonly UnexplainedRow[]
    readonly recompute: (histories: readonly PartitionHistory[]) => AsyncIterable<Recomputed> | Iterable<Recomputed>
  },
): Promise<LookAhead | undefined> {
  const { histories, rows, recompute } = options
  const rowByPlace = new Map(rows.map(row => [toPlace(row.logged), row]))
  const of = rows.reduce((sum, { places }) => sum + places.length, 0)
  let best: LookAhead | undefined
  for (const aheadMs of triedMs) {
    let values = 0
    for await (const made of recompute(histories.map(history => shift(plan, history, { aheadMs, rowByPlace })))) {
      const row = rowByPlace.get(toPlace(made))
      if (!row || made.outcome !== 'made') continue
      values += row.places.filter(place => made.features[place] === row.logged.features[place]).length
    }
    if (values > (best?.values ?? 0)) best = { aheadMs, values, of }
  }
  return best && best.values >= shareAtLeast * of ? best : undefined
}

/** The history with labels moved to before their time, and with no other events wanted than those rows. */
function shift(
  plan: WindowPlan,
  { records, ...history }: PartitionHistory,
  { aheadMs, rowByPlace }: { readonly aheadMs: number; readonly rowByPlace: ReadonlyMap<string, unknown> },
): PartitionHistory {
  const { kind, partition } = history
  const move =
    kind === eventsKind(plan)
      ? (record: HistoryRecord) => (isWanted(record) && !rowByPlace.has(toPlace({ partition, ...record })) ? unwanted(record) : record)
      : (record: HistoryRecord) => ({ ...record, op: { ...record.op, atMs: record.op.atMs - aheadMs } })
  return { ...history, records: records.map(move) }
}

function unwanted({ event: _, ...record }: HistoryRecord): HistoryRecord {
  return record
}
