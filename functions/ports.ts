/** A record as Kafka holds it: bytes, and where and when it was written. A tombstone's value is null. */
export interface KafkaRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Clock time of the record's writing, by the broker or the producer. */
  readonly recordedAtMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: string, value: Buffer])[]
}

/** A record to be written; the key picks the partition, so that one key keeps its order. */
export interface OutgoingRecord {
  readonly topic: string
  readonly key: Buffer | string | null
  readonly value: Buffer | string | null
  readonly headers?: readonly (readonly [name: string, value: Buffer | string])[]
}

/** Writes records to Kafka; resolves when all in-sync replicas have them, throws SEND_FAILED when that is not certain. */
export type SendRecords = (records: readonly OutgoingRecord[]) => Promise<void>

/** What a step did with a batch: records to be delivered again, and what it counted. */
export interface StepResult {
  /** Broken plumbing: these records come again. List every unprocessed record of a partition, from the first failed one on. */
  readonly failed?: readonly KafkaRecord[]
  readonly counts: Readonly<Record<string, number>>
}

/** A step: the logic that one function runs for each batch. */
export type Step = (records: readonly KafkaRecord[]) => Promise<StepResult>

/** An object and the tag that names its content, for compare-and-swap. */
export interface StoredObject {
  readonly body: Uint8Array
  readonly etag: string
}

/** A bucket. Writes are whole objects. */
export interface ObjectStore {
  get(key: string): Promise<StoredObject | undefined>
  /** Writes, replacing what is there. */
  put(key: string, body: Uint8Array): Promise<void>
  /** Writes only if nothing is there (`etag` null) or what is there still has this tag; false where it lost. */
  putIf(key: string, body: Uint8Array, etag: string | null): Promise<boolean>
  /** Keys that begin with the prefix, in the order of their names. */
  list(prefix: string): Promise<readonly string[]>
}

/** A row of the predictions table. */
export interface PredictionRow {
  readonly id: string
  readonly score: number | null
  readonly decision: string | null
  readonly model: string | null
  readonly atMs: number
  /** The whole prediction record as JSON, for whoever needs all it was made from. */
  readonly record: string
  readonly expiresAtSec: number
}

/** The predictions table: one row an id, the last written wins. */
export interface PredictionTable {
  /** Writes rows; gives back the ids that the table did not take after bounded retries. */
  write(rows: readonly PredictionRow[]): Promise<ReadonlySet<string>>
  /** The `record` of each id that is there. */
  read(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
}

/** Sends a notification for each message; throws where one was not taken. */
export type Notify = (messages: readonly { readonly id: string; readonly subject: string; readonly body: string }[]) => Promise<void>

/** An item of the state table: bytes under a log's name and a number. */
export interface StateItem {
  readonly log: string
  readonly number: number
  readonly body: Uint8Array
  /** When the table may forget it; 0: never. */
  readonly expiresAtSec: number
}

/** The state table: logs of numbered items that are written once and never changed, but for when they end. Reads see every write that was answered. */
export interface StateStore {
  /** The items at these places that are there, in any order. */
  read(places: readonly Pick<StateItem, 'log' | 'number'>[]): Promise<readonly StateItem[]>
  /** All items of a log with a larger number, in order. */
  readAfter(log: string, number: number): Promise<readonly StateItem[]>
  /** The item of a log with the largest number. */
  readLast(log: string): Promise<StateItem | undefined>
  /** Writes only if nothing is at the place; false where it lost. */
  append(item: StateItem): Promise<boolean>
  /** Lets the table forget the items at these places from then on; places where nothing is are passed over. */
  expire(places: readonly Pick<StateItem, 'log' | 'number'>[], atSec: number): Promise<void>
}
