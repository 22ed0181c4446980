import type { ChampionPointer } from '#functions/bundles/registry.ts'
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
  readonly past: Then | undefined
}

/** Rows that infer scores in one call, as one invocation did then. */
export interface PlannedBatch {
  readonly service: Service
  /** The clock of then; undefined where nothing was predicted: the clock of the replay. */
  readonly scoredAtMs: number | undefined
  readonly rows: readonly PlannedRow[]
}

/** Says which models score a batch. */
export interface Casting {
  /** Of rows that were scored at one moment by the same models. */
  castAgain(past: readonly Then[]): Service
  /** Of an event that was not predicted. */
  castNew(event: SliceRow): Service
}

/** Twice what a batch of Lambda holds here: two invocations may have ended in one millisecond. */
const rowsPerBatch = 10_000

/**
 * Orders the slice by the time at which it was scored, and cuts it into the batches of then: rows of one moment and the same models.
 *
 * Events without a prediction stand at the time of their arrival; those that follow each other and have the same models are one batch.
 */
export function planBatches(slice: readonly SliceRow[], found: readonly (Then | undefined)[], casting: Casting): PlannedBatch[] {
  const keyed = slice.map((event, at): KeyedRow => {
    const past = found[at]
    if (!past) return { event, past, atMs: event.recordedAtMs, batch: `new ${casting.castNew(event).champion}` }
    const models = [past.model ?? '', ...past.others].toSorted().join(' ') // the same for all rows of an invocation, whichever counted
    return { event, past, atMs: past.scoredAtMs, batch: `${past.scoredAtMs} ${models}` }
  })
  keyed.sort(
    (a, b) => a.atMs - b.atMs || compareText(a.batch, b.batch) || a.event.partition - b.event.partition || a.event.offset - b.event.offset,
  )
  const batches: PlannedBatch[] = []
  for (let start = 0; start < keyed.length; ) {
    const { batch } = keyed[start]
    let end = start + 1
    while (end < keyed.length && end - start < rowsPerBatch && keyed[end].batch === batch) end++
    batches.push(toBatch(keyed.slice(start, end), casting))
    start = end
  }
  return batches
}

interface KeyedRow extends PlannedRow {
  readonly atMs: number
  /** Rows that follow each other with the same text are one batch. */
  readonly batch: string
}

function toBatch(rows: readonly KeyedRow[], casting: Casting): PlannedBatch {
  const [{ event, past }] = rows
  const service = past ? casting.castAgain(rows.flatMap(row => row.past ?? [])) : casting.castNew(event)
  return { service, scoredAtMs: past?.scoredAtMs, rows: rows.map(row => ({ event: row.event, past: row.past })) }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/**
 * The models that served then, by what the predictions say of themselves.
 *
 * A prediction names the others in the order champion, shadow, challenger, without the one that counted. Where only one candidate scored
 * and never counted, it may have been either; as shadow it gives the same record. An event that was not predicted goes to the champion of
 * its time, by the pointer's history.
 */
export function castThen(pointer: ChampionPointer | null): Casting {
  return {
    castAgain(past) {
      const challenged = past.find(({ arm }) => arm === 'challenger')
      if (challenged) return { champion: challenged.others[0] ?? null, shadow: challenged.others[1] ?? null, challenger: challenged.model }
      const [{ model, others }] = past
      return { champion: model, shadow: others[0] ?? null, challenger: others[1] ?? null }
    },
    castNew: ({ recordedAtMs }) => ({ champion: championAt(pointer, recordedAtMs), shadow: null, challenger: null }),
  }
}

/** One model for all, whatever served then. */
export function castOne(version: string): Casting {
  const service = { champion: version, challenger: null, shadow: null }
  return { castAgain: () => service, castNew: () => service }
}

/** The champion at a clock time; null before the first that the history remembers. */
function championAt(pointer: ChampionPointer | null, atMs: number): string | null {
  return pointer?.history.findLast(({ sinceMs }) => sinceMs <= atMs)?.version ?? null
}
