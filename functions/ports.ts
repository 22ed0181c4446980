import type { FeatureColumn } from '#models/feature-columns.ts'
import type { ModelTensors } from '#models/onnx/tensors.ts'
import type { FeatureBlock, FeatureSpec } from '#models/training-set.ts'

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

/** Keys after one and before another, both left out, in the order of their bytes. */
export interface KeySpan {
  readonly after?: string
  readonly before?: string
}

/** A bucket. Writes are whole objects. */
export interface ObjectStore {
  get(key: string): Promise<StoredObject | undefined>
  /** Writes, replacing what is there. */
  put(key: string, body: Uint8Array): Promise<void>
  /** Writes only if nothing is there (`etag` null) or what is there still has this tag; false where it lost. */
  putIf(key: string, body: Uint8Array, etag: string | null): Promise<boolean>
  /** Keys that begin with the prefix, in the order of their names; of a span only those in it, and nothing else is looked at. */
  list(prefix: string, span?: KeySpan): Promise<readonly string[]>
}

/** A bucket from which objects may be taken away; those that are not there are passed over. */
export interface RemovingStore extends ObjectStore {
  remove(keys: readonly string[]): Promise<void>
}

/** Earliest and latest clock time, both included. */
export interface Times {
  readonly fromMs: number
  readonly toMs: number
}

/** Rows of several archived objects as one object, and what is known of them without reading it. */
export interface MergedObject {
  readonly body: Uint8Array
  readonly rowCount: number
  readonly recordedMs: Times
  /** Of the columns `atMs` and `labelAtMs`, and the values of `definition`, where there is one and a row has a value. */
  readonly eventMs?: Times
  readonly labelMs?: Times
  readonly definitions?: readonly string[]
  /** First and last offset of each partition. */
  readonly offsets: readonly { readonly partition: number; readonly first: number; readonly last: number }[]
}

/** What became of the objects that were merged: rows that repeated others, and keys of what is no object of the archive. */
export interface Merged {
  readonly repeatCount: number
  readonly refused: readonly { readonly key: string; readonly etag: string; readonly reason: string }[]
}

/**
 * Makes few large objects of many: of the rows of all of them one for each (partition, offset), in the order of time, partition and offset.
 * Gives them to `take` one by one. Objects with other columns or types stay apart, so that each row keeps all that it has.
 */
export type MergeObjects = (keys: readonly string[], take: (merged: MergedObject) => Promise<void>) => Promise<Merged>

/** The rows that a Parquet object says it has; undefined where it is none. */
export type CountRows = (body: Uint8Array) => number | undefined

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
  /** The `record` of each id that is there; sees every write that was answered. */
  read(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** The same at half the price: may not see what was written a moment ago, or see what was there before it. */
  peek(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
}

/** A label that waits for its event's prediction. Of two labels of an id the one with the larger `rank`, in the order of texts, waits. */
export interface WaitingLabel {
  readonly id: string
  /** As it came in topic labels. */
  readonly record: KafkaRecord
  readonly rank: string
  /** When it has waited for as long as the definition lets a label come. */
  readonly dueAtMs: number
}

/** An event that will have no prediction, and the code of its rejection. */
export interface RefusedEvent {
  readonly id: string
  readonly code: string
  readonly expiresAtSec: number
}

/** Labels that came before their prediction, one an id, and the events that labels would wait for in vain. Reads see every write that was answered. */
export interface WaitingTable {
  /** Puts labels down; each only where nothing waits under its id, the label itself does, or one of the rank `replaces`. Gives back those for which it is not so. */
  park(labels: readonly (WaitingLabel & { readonly replaces?: string | undefined })[]): Promise<readonly WaitingLabel[]>
  /** The labels that wait for these ids. */
  read(ids: readonly string[]): Promise<readonly WaitingLabel[]>
  /** Labels of a partition of topic labels, `<topic>-<partition>`, that are due by then, the longest due first; at most `limit`. */
  readDue(partition: string, nowMs: number, limit: number): Promise<readonly WaitingLabel[]>
  /** Takes labels away; where another of the id waits by now, it stays. */
  remove(labels: readonly WaitingLabel[]): Promise<void>
  /** Remembers events that were refused. */
  refuse(events: readonly RefusedEvent[]): Promise<void>
  /** The codes of those of these ids that were refused. */
  readRefused(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
}

/** Sends a notification for each message; throws where one was not taken and may be another time. Gives the number of those that never will be. */
export type Notify = (
  messages: readonly { readonly subject: string; readonly body: string }[],
) => Promise<{ readonly refusedCount: number }>

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
  /** The items at these places, in any number, that are there, in any order. */
  read(places: readonly Pick<StateItem, 'log' | 'number'>[]): Promise<readonly StateItem[]>
  /** All items of a log with a larger number, in order. */
  readAfter(log: string, number: number): Promise<readonly StateItem[]>
  /** The item of a log with the largest number. */
  readLast(log: string): Promise<StateItem | undefined>
  /** Writes only if nothing is at the place; false where it lost. */
  append(item: StateItem): Promise<boolean>
  /** Writes items, in any number, at places that nobody else writes. */
  put(items: readonly StateItem[]): Promise<void>
  /** Lets the table forget the items at these places from then on; places where nothing is are passed over. */
  expire(places: readonly Pick<StateItem, 'log' | 'number'>[], atSec: number): Promise<void>
}

/** A place in the counters table: what is counted of a source partition lies under it, by name. */
export interface CounterKey {
  readonly partition: string
  readonly name: string
}

/** An item of the counters table: JSON, and how often it has been written. */
export interface CounterItem extends CounterKey {
  readonly version: number
  readonly json: string
}

/** The counters table: items that are read, changed and written back. A partition has one writer at a time. */
export interface CounterStore {
  /** The items at these places that are there, in any order; sees every write that was answered. */
  read(keys: readonly CounterKey[]): Promise<readonly CounterItem[]>
  /** The items of these partitions whose names begin with the prefix; may miss the writes of the last second. */
  readAll(partitions: readonly string[], prefix: string): Promise<readonly CounterItem[]>
  /**
   * Writes at most 100 items, all or none, each only where its version is still the one that was read, 0 for nothing; throws where a twin
   * was quicker. The table may forget an item at its `expiresAtSec`, if it has one.
   */
  write(items: readonly (CounterItem & { readonly expiresAtSec?: number })[]): Promise<void>
}

/** Labelled rows in event-time order, one column a feature. */
export interface TrainingRows {
  readonly atMs: Float64Array
  readonly targets: Float64Array
  /** From the event to its label, by their own clocks. */
  readonly labelDelayMs: Float64Array
  readonly features: readonly FeatureColumn[]
  readonly objectCount: number
  /** The share of the ids that the rows are of: under 1 where there were more than the row limit. */
  readonly sampledRatio: number
  /** 1 / `sampledRatio` for each row, where it is under 1. */
  readonly weights?: Float32Array
  /** Why the rows are a sample, and what to do for more of them; absent where they are none. */
  readonly sampledBecause?: string
  /** What of the archive could not be read; absent: nothing. */
  readonly refused?: readonly RefusedObject[]
}

/** An archive object that is no Parquet, and what the reader said. */
export interface RefusedObject {
  readonly key: string
  readonly reason: string
}

/** Reads the rows that a training may learn from, or says why there are none yet. */
export type ReadTrainingRows = () => Promise<TrainingRows | { readonly unprepared: string }>

/** An SQL engine on the function's own disk: DuckDB. What it holds is gone when its user is done. */
export interface LocalDatabase {
  /** Writes a file that queries can read; gives its path. */
  writeFile(name: string, body: Uint8Array): Promise<string>
  /** The path of a file that a query is to write. */
  pathOf(name: string): string
  /** Takes a file off the disk; gives what was in it. */
  takeFile(name: string): Promise<Uint8Array>
  removeFiles(names: readonly string[]): Promise<void>
  run(sql: string): Promise<void>
  /** Lets the disk of dropped tables be used again; does nothing while another query writes. */
  reclaim(): Promise<void>
  /** The one row of a query, of numbers and nulls. */
  readNumbers(sql: string): Promise<readonly (number | null)[]>
  /** The columns of a query, gathered chunk by chunk, so that no row becomes an object. */
  readColumns(sql: string, kinds: readonly FeatureSpec['kind'][]): Promise<readonly FeatureColumn[]>
}

/** Opens a database for as long as it is used. */
export type WithLocalDatabase = <T>(use: (database: LocalDatabase) => Promise<T>) => Promise<T>

/** A column of an archive table; null stands for a value that is not there. */
export interface Column {
  readonly name: string
  readonly type: 'bytes' | 'text' | 'integer' | 'number'
  readonly values: readonly (Uint8Array | string | number | bigint | null)[]
}

/** Writes columns of one length as a Parquet file. */
export type EncodeTable = (columns: readonly Column[]) => Uint8Array

/** A topic as the stack wants it; a replica count of -1 is the cluster's own default. */
export interface TopicPlan {
  readonly name: string
  readonly partitionCount: number
  readonly replicaCount: number
  readonly configs: Readonly<Record<string, string>>
}

/** A topic as it is: of its settings only those that were set on it. */
export interface Topic {
  readonly partitionCount: number
  readonly configs: Readonly<Record<string, string>>
}

/** What making topics needs of a Kafka client. It has no way to delete. */
export interface TopicAdmin {
  /** Topics that are not there are left out. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, Topic>>
  create(plans: readonly TopicPlan[]): Promise<void>
  addPartitions(name: string, partitionCount: number): Promise<void>
  /** Replaces all settings that were set on the topic. */
  configure(name: string, configs: Readonly<Record<string, string>>): Promise<void>
}

/** An ONNX file in the runtime; `run` gives one score for each row. */
export interface OnnxSession {
  run(block: FeatureBlock): Promise<ArrayLike<number>>
  release(): Promise<void>
}

/** The runtime that executes ONNX files; without `tensors` those of our own trainers. */
export type LoadOnnx = (onnx: Uint8Array, tensors?: ModelTensors) => Promise<OnnxSession>
