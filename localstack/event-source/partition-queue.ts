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
  /** Adds records in offset order and skips those that came before, as they do after a rebalance. */
  append(records: readonly ConsumedRecord[], nowMs: number): void
  /** Removes the first `count` records. */
  drop(count: number): void
  /** The partition went to another member: nothing of it may be delivered or committed any more. */
  lose(): void
}

/** Makes the empty queue of a partition. */
export function makePartitionQueue(topic: string, partition: number): PartitionQueue {
  const writeRecord = makeRecordWriter(topic, partition)
  const records: QueuedRecord[] = []
  let bytes = 0
  let lastOffset = -1
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
      if (isLost) return
      for (const one of consumed) {
        const record = writeRecord(one, nowMs)
        if (record.offset <= lastOffset) continue
        lastOffset = record.offset
        bytes += record.bytes
        records.push(record)
      }
    },
    drop(count) {
      for (const record of records.splice(0, count)) bytes -= record.bytes
    },
    lose() {
      isLost = true
      bytes = 0
      records.length = 0
    },
  }
}
