import type { RecordFilter } from './filter.ts'
import { type ConsumedRecord, makeRecordWriter, type QueuedRecord } from './msk-event.ts'

/** The records of one assigned partition that were read and not yet cut into a batch. */
export interface PartitionQueue {
  readonly topic: string
  readonly partition: number
  /** `<topic>-<partition>`. */
  readonly key: string
  readonly records: readonly QueuedRecord[]
  /** Size of the records in their JSON form. */
  readonly bytes: number
  readonly isLost: boolean
  isPaused: boolean
  /** Adds records in offset order and skips those that came before, as they do after a rebalance; gives how many the filter left out. */
  append(records: readonly ConsumedRecord[], nowMs: number): number
  /** Removes the first `count` records. */
  drop(count: number): void
  /** Puts records that were dropped at the head again. */
  putBack(records: readonly QueuedRecord[]): void
  /** Offsets up to this one are done as soon as no record waits: they are in no batch that could commit them. */
  markDone(offset: number): void
  /** The offset that is done behind the last record that was cut, once, while none waits. */
  takeDone(): number | undefined
  /** The partition went to another member: nothing of it may be delivered or committed any more. */
  lose(): void
}

/** Makes the empty queue of a partition; records whose value `isWanted` refuses are left out. */
export function makePartitionQueue(topic: string, partition: number, isWanted?: RecordFilter): PartitionQueue {
  const writeRecord = makeRecordWriter(topic, partition)
  const records: QueuedRecord[] = []
  let bytes = 0
  let lastOffset = -1
  let cutOffset = -1
  let doneOffset = -1
  let isLost = false
  return {
    topic,
    partition,
    key: `${topic}-${partition}`,
    records,
    isPaused: false,
    get bytes() {
      return bytes
    },
    get isLost() {
      return isLost
    },
    append(consumed, nowMs) {
      if (isLost) return 0
      let skippedCount = 0
      for (const one of consumed) {
        if (isWanted !== undefined && !isWanted(one.value)) {
          if (Number(one.offset) <= lastOffset) continue
          lastOffset = doneOffset = Number(one.offset)
          skippedCount++
          continue
        }
        const record = writeRecord(one, nowMs)
        if (record.offset <= lastOffset) continue
        lastOffset = record.offset
        bytes += record.bytes
        records.push(record)
      }
      return skippedCount
    },
    drop(count) {
      for (const record of records.splice(0, count)) {
        bytes -= record.bytes
        cutOffset = record.offset
      }
    },
    putBack(dropped) {
      if (isLost) return
      for (const record of dropped) bytes += record.bytes
      records.unshift(...dropped)
    },
    markDone(offset) {
      doneOffset = Math.max(doneOffset, offset)
    },
    takeDone() {
      if (isLost || records.length > 0 || doneOffset <= cutOffset) return undefined
      cutOffset = doneOffset
      return doneOffset
    },
    lose() {
      isLost = true
      bytes = 0
      records.length = 0
    },
  }
}
