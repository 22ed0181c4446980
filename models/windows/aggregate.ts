/** What an aggregate says of the records in its window. */
export type Stat = 'count' | 'sum' | 'mean' | 'min' | 'max' | 'variance' | 'rate' | 'last' | 'distinct' | 'ewma'

export const stats: readonly Stat[] = ['count', 'sum', 'mean', 'min', 'max', 'variance', 'rate', 'last', 'distinct', 'ewma']

/** A key as the definition's functions give it; null leaves the record out, and the aggregate of an event without key is null. */
export type KeyValue = string | number | null

/**
 * A number about the records of one key in a window of event time, made of buckets.
 *
 * Over labels a bucket counts from the moment it is over: a window of `windowMs` read at `t` holds the whole buckets in
 * `(⌊t / bucketMs⌋ · bucketMs − windowMs, ⌊t / bucketMs⌋ · bucketMs]`, so that nothing of the future is ever in it. Over events the
 * bucket of `t` itself counts too, with those events that came before this one.
 */
export interface AggregateOf<Source extends string, Event, Payload> {
  /** Whose records: the events themselves, the labels, or an input of the definition by its name. */
  readonly over: Source
  /** The key under which a record is counted. */
  readonly by: (record: Payload) => KeyValue
  /** The key whose records an event asks for; absent over events: the event's own `by`. */
  readonly read?: (event: Event) => KeyValue
  /** What is summed, compared or told apart; null leaves the record out. All stats but `count` and `rate` need it. */
  readonly value?: (record: Payload) => number | string | null
  readonly stat: Stat
  readonly windowMs: number
  /** Width of a bucket; a twelfth of the window unless told. The window is a whole number of them, at most 1,000. */
  readonly bucketMs?: number
  /**
   * `sliding` ends at the last bucket, `tumbling` is the latest whole multiple of `windowMs`, `session` is the run of buckets before the
   * event in which no pause was longer than `gapMs`, at most `windowMs` long.
   */
  readonly window?: 'sliding' | 'tumbling' | 'session'
  readonly gapMs?: number
  /** For `ewma`: a record this much older weighs half as much; a third of the window unless told. */
  readonly halfLifeMs?: number
  /**
   * Values are rounded to whole multiples of this, 0.001 unless told. Sums of whole numbers are the same in any order, to the bit; they are
   * exact up to 9e15 multiples.
   */
  readonly resolution?: number
}

/** How late a record may be, and what a later one gets. */
export interface Lateness {
  /** A record this much older than the newest of its partition is still in time. */
  readonly allowedMs: number
  /** Later ones: `drop` keeps them out of the windows, `amend` adds them to buckets that are still held, `reject` sends events to `rejected` as well. */
  readonly later: 'drop' | 'amend' | 'reject'
}

/** An aggregate without its compile-time types. */
export type UntypedAggregate = AggregateOf<string, never, never>
