import type { ChampionPointer } from '../../functions/bundles/registry.ts'
import type { Then } from './find-then.ts'
import type { SliceRow } from './slice.ts'

/** The models that a batch is replayed with, as they served then; null where none did. */
export interface Service {
  readonly champion: string | null
  readonly challenger: string | null
  readonly shadow: string | null
}

/** An event of the slice beside what was predicted for it then. */
export interface PlannedRow {
  readonly event: SliceRow
  readonly then: Then | undefined
}

/** Rows that infer scores in one call, as one invocation did then. */
export interface PlannedBatch {
  readonly service: Service
  /** The clock of then; undefined where nothing was predicted: the clock of the replay. */
  readonly scoredAtMs: number | undefined
  readonly rows: readonly PlannedRow[]
}

/** Twice what a batch of Lambda holds here: two invocations may have ended in one millisecond. */
const rowsPerBatch = 10_000

/**
 * Orders the slice by the time at which it was scored, and cuts it into the batches of then: rows of one moment and the same models.
 *
 * `serviceOf` says which models score a batch.
 */
export function planBatches(
  slice: readonly SliceRow[],
  found: readonly (Then | undefined)[],
  serviceOf: (rows: readonly PlannedRow[]) => Service,
): PlannedBatch[] {
  const keyed = slice.map((event, at) => {
    const then = found[at]
    return { event, then, atMs: then?.scoredAtMs ?? event.recordedAtMs, models: toModelsKey(then) }
  })
  keyed.sort(
    (a, b) =>
      a.atMs - b.atMs || compareText(a.models, b.models) || a.event.partition - b.event.partition || a.event.offset - b.event.offset,
  )
  const batches: PlannedBatch[] = []
  for (let start = 0; start < keyed.length; ) {
    const first = keyed[start]
    let end = start + 1
    while (end < keyed.length && end - start < rowsPerBatch && isSameBatch(first, keyed[end])) end++
    const rows = keyed.slice(start, end).map(({ event, then }) => ({ event, then }))
    batches.push({ service: serviceOf(rows), scoredAtMs: first.then?.scoredAtMs, rows })
    start = end
  }
  return batches
}

interface KeyedRow extends PlannedRow {
  readonly atMs: number
  readonly models: string
}

/** Rows without a prediction follow one another whenever they arrived, as long as nothing else comes between. */
function isSameBatch(a: KeyedRow, b: KeyedRow): boolean {
  if (!a.then || !b.then) return a.then === b.then
  return a.atMs === b.atMs && a.models === b.models
}

/** All the models that scored a row, whichever counted: the same for all rows of an invocation. */
function toModelsKey(then: Then | undefined): string {
  return then ? [then.model ?? '', ...then.others].toSorted().join(' ') : ''
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/**
 * The models that served a batch then, by what its predictions say of themselves.
 *
 * A prediction names the others in the order champion, shadow, challenger, without the one that counted. Where only one candidate scored
 * and never counted, it may have been either; as shadow it gives the same record. Rows that were not predicted go to the champion of
 * their time, by the pointer's history.
 */
export function serviceThen(pointer: ChampionPointer | null): (rows: readonly PlannedRow[]) => Service {
  return rows => {
    const thens = rows.flatMap(({ then }) => then ?? [])
    const challenged = thens.find(({ arm }) => arm === 'challenger')
    if (challenged) return { champion: challenged.others[0] ?? null, shadow: challenged.others[1] ?? null, challenger: challenged.model }
    if (thens.length === 0) return { champion: championAt(pointer, rows[0].event.recordedAtMs), shadow: null, challenger: null }
    const { model, others } = thens[0]
    return { champion: model, shadow: others[0] ?? null, challenger: others[1] ?? null }
  }
}

/** The champion at a clock time; null before the first that the history remembers. */
export function championAt(pointer: ChampionPointer | null, atMs: number): string | null {
  return pointer?.history.findLast(({ sinceMs }) => sinceMs <= atMs)?.version ?? null
}

/** One model for all, whatever served then. */
export function serviceOf(version: string): () => Service {
  return () => ({ champion: version, challenger: null, shadow: null })
}
