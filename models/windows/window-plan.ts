import type { KeyValue, Lateness, Stat } from './aggregate.ts'
import type { RingWidth } from './ring.ts'

type Payload = Readonly<Record<string, unknown>>

/** Where records that feed windows come from. */
export interface WindowSource {
  readonly name: string
  readonly timeOf: (record: Payload) => number
}

/** A join of events with the records of a source: which record an event finds. */
export interface JoinPlan {
  readonly name: string
  readonly source: number
  /** The key of a record; absent: the key of its Kafka record, where a record without a value takes the row away. */
  readonly by?: (record: Payload) => KeyValue
  readonly read: (event: Payload) => KeyValue
  /** The row is at most this much older than the event; Infinity for a table, in which a row stays until it is replaced. */
  readonly beforeMs: number
  /** And at most this much younger. */
  readonly afterMs: number
  /** What is kept of a record. */
  readonly row: (record: Payload) => unknown
  /** The fields of what is kept, where it is the record. */
  readonly fields?: readonly string[]
}

/** A value that windows keep of a record: in whole multiples of `resolution`, or a hash where values are only told apart. */
export interface ValuePlan {
  readonly read: (record: Payload) => number | string | null
  readonly resolution: number
  readonly isHashed: boolean
}

/** Everything that is kept of one source, each function once. */
export interface SourcePlan extends WindowSource {
  readonly keys: readonly ((record: Payload) => KeyValue)[]
  readonly values: readonly ValuePlan[]
  readonly rings: readonly RingPlan[]
  readonly joins: readonly JoinPlan[]
}

/** One lane of a ring: which number of which value. */
export interface Lane {
  readonly kind: 'count' | 'number' | 'sum' | 'highSquare' | 'crossSquare' | 'lowSquare' | 'min' | 'max' | 'last' | 'sketch'
  readonly value: number
}

/** Buckets of one width under one key of a source, shared by all aggregates that can. */
export interface RingPlan extends RingWidth {
  readonly source: number
  readonly key: number
  readonly bucketMs: number
  /** Buckets that are held: the longest window, and as far back as a record may be late. */
  readonly bucketCount: number
  readonly sums: readonly Lane[]
  readonly kept: readonly Lane[]
  readonly sketches: readonly Lane[]
}

/** One aggregate of a window. */
export interface StatPlan {
  /** Place of the result among all aggregates. */
  readonly at: number
  readonly stat: Stat
  /** First lane of what the stat is made of: among sums, kept or sketches, by the stat. */
  readonly lane: number
  /** Lane that counts the records which had a value. */
  readonly countLane: number
  readonly resolution: number
  readonly halfLifeMs: number
}

export interface WindowRead {
  readonly kind: 'sliding' | 'tumbling' | 'session'
  readonly bucketCount: number
  readonly windowMs: number
  readonly gapMs: number
  readonly stats: readonly StatPlan[]
}

/** All windows that an event reads of one ring under one key. */
export interface ReadPlan {
  readonly ring: number
  readonly read: (event: Payload) => KeyValue
  /** Whether the bucket of the event's own time counts: over events, where all in it came before; over labels it may hold the future. */
  readonly isOpen: boolean
  readonly windows: readonly WindowRead[]
}

/** The aggregates of a definition, compiled: what to keep of each source, and what to read of it. */
export interface WindowPlan {
  readonly names: readonly string[]
  readonly sources: readonly SourcePlan[]
  readonly rings: readonly RingPlan[]
  readonly reads: readonly ReadPlan[]
  readonly joins: readonly JoinPlan[]
  /** The join by which an event is known that came before; -1 where repeats are not looked for. */
  readonly repeatAt: number
  readonly lateness: Lateness
  /** How far back in event time anything is held. */
  readonly retainMs: number
  /** 16 hex digits over all that decides what is kept: state that was kept otherwise is told apart by it. */
  readonly layout: string
}
