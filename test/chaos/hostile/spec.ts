import type { TopicSuffix } from '#models/topics.ts'
import type { ForeignRecord } from '../../local/librdkafka.ts'

/** How a hostile record must end. */
export type Ending =
  /** As a prediction, which has a row in the table. */
  | 'predicted'
  /** As a rejection, by whichever step. */
  | 'rejected'
  /** In the bucket of what Lambda gave up: it never fits a function's payload. */
  | 'putAside'
  /** As a pair in topic feedback, or waiting for its prediction, or replaced by a later label of its id. */
  | 'labelled'
  /** Nowhere: the steps pass it over, count it, and go on. */
  | 'passedOver'
  /** As one of our own, of an event that never was: nothing here can tell it from one, and nothing may break by it. */
  | 'taken'

/** A record that the producer is to send. */
export interface HostileRecord extends Omit<ForeignRecord, 'topic'> {
  readonly topic: TopicSuffix
}

/** A kind of hostile record. */
export interface HostileKind {
  readonly ends: Ending
  /** The run's record number `at`, which its id holds where it has one of its own. */
  readonly make: (at: number) => HostileRecord
  /** At most so many in a run: a large one is sent a few times only. */
  readonly atMost?: number
}
