import type { PartitionQueue } from './partition-queue.ts'

/** The next offset to read of one partition, as Kafka keeps it for a group. */
export interface OffsetCommit {
  readonly topic: string
  readonly partition: number
  readonly offset: string
}

/** Commits what succeeded; while one request is under way the next ones gather. */
export interface Committer {
  /** Records of the queue's partition up to and with `lastOffset` are done. */
  add(queue: PartitionQueue, lastOffset: number): void
  /** Waits until everything added is committed, or a request has failed. */
  flush(): Promise<void>
}

/**
 * Makes a committer over `send`. What could not be sent stays, and goes with the next records;
 * what belongs to a lost partition is dropped, since its new owner commits now.
 */
export function makeCommitter(send: (commits: OffsetCommit[]) => Promise<void>, onError: (error: unknown) => void): Committer {
  const nextOffsets = new Map<PartitionQueue, number>()
  let sending: Promise<void> | undefined

  async function sendAll(): Promise<void> {
    while (nextOffsets.size > 0) {
      const sent = [...nextOffsets].filter(([queue]) => !queue.isLost)
      nextOffsets.clear()
      if (sent.length === 0) return
      try {
        await send(sent.map(([{ topic, partition }, offset]) => ({ topic, partition, offset: String(offset) })))
      } catch (error) {
        for (const [queue, offset] of sent) {
          if (!nextOffsets.has(queue)) nextOffsets.set(queue, offset)
        }
        onError(error)
        return
      }
    }
  }

  function start(): Promise<void> {
    sending ??= sendAll().finally(() => {
      sending = undefined
    })
    return sending
  }

  return {
    add(queue, lastOffset) {
      nextOffsets.set(queue, lastOffset + 1) // offsets have gaps: the next record's own may be higher
      void start()
    },
    flush: start,
  }
}
