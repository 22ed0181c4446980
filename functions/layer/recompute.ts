import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import type { KafkaRecord, ObjectStore } from '../ports.ts'
import { learnAll } from './learn.ts'
import { toLearnOrder } from './learn-order.ts'
import { decodeOwn } from './own-feedback.ts'
import { type LayerState, startState } from './state.ts'
import { readSnapshot } from './store.ts'

/** First and last offset of a partition of `feedback`, both included, in which gaps may be. */
export type Span = LayerState['log'][number][1][number]

/** A stretch of a layer's life: what it began with, and what each version after that has learnt. */
export interface Chapter {
  /** Null: it begins with a layer that has learnt nothing. */
  readonly from: LayerState | null
  readonly log: LayerState['log']
  readonly to: LayerState
}

/**
 * The chapters that led to a state, oldest first: back to its beginning, or to the oldest snapshot that is kept and whole; `chaptersAtMost` of the newest.
 */
export async function readChapters(
  store: Pick<ObjectStore, 'get'>,
  pipeline: string,
  state: LayerState,
  chaptersAtMost = Number.POSITIVE_INFINITY,
): Promise<Chapter[]> {
  const chapters: Chapter[] = []
  let to = state
  while (to.origin !== null) {
    if (chapters.length === chaptersAtMost) return chapters
    const from = await readSnapshot(store, pipeline, to.origin).catch((error: Error) => {
      if (error instanceof MillraceError && error.code === 'LAYER_INVALID') return undefined
      throw error
    })
    if (!from) return chapters
    chapters.unshift({ from, log: to.log, to })
    to = from
  }
  return chapters.length === chaptersAtMost ? chapters : [{ from: null, log: to.log, to }, ...chapters]
}

/** Learns what a chapter's versions have learnt, from the records as they were: the state that it must come to, and from how many labels. `onVersion` sees each on the way. */
export async function recompute(
  pipeline: Pick<Pipeline, 'features' | 'definition' | 'layer'>,
  { from, log }: Pick<Chapter, 'from' | 'log'>,
  {
    read,
    onVersion = () => {},
  }: {
    /** The records of these spans, in any order. */
    readonly read: (spans: readonly Span[]) => Promise<readonly Pick<KafkaRecord, 'partition' | 'offset' | 'recordedAtMs' | 'value'>[]>
    readonly onVersion?: (version: number, numbers: Float64Array) => void
  },
): Promise<Pick<LayerState, 'numbers' | 'totals'> & { readonly labels: number }> {
  let labels = 0
  let state: Pick<LayerState, 'numbers' | 'totals'> = from ?? startState(pipeline)
  for (const [version, spans] of log) {
    const rows = toLearnOrder(await read(spans)).flatMap(record => {
      const row = decodeOwn(pipeline, record)
      return typeof row === 'string' ? [] : [row]
    })
    state = learnAll(pipeline, state, rows)
    labels += rows.length
    onVersion(version, state.numbers)
  }
  return { numbers: state.numbers, totals: state.totals, labels }
}

/** Whether two states are the same to the bit. */
export function isSameState(a: Pick<LayerState, 'numbers'>, b: Pick<LayerState, 'numbers'>): boolean {
  const toBytes = ({ numbers }: Pick<LayerState, 'numbers'>) => Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength)
  return toBytes(a).equals(toBytes(b))
}
