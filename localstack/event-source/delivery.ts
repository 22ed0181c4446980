import { setTimeout as delay } from 'node:timers/promises'
import { makeCommitter } from './committer.ts'
import type { ConsumerEvents, ConsumerPort } from './consumer.ts'
import type { BatchPorts } from './deliver-batch.ts'
import { parseFilters } from './filter.ts'
import type { Invoke } from './invoke.ts'
import { keepConsumer } from './keep-consumer.ts'
import type { Mapping } from './mappings.ts'
import type { EventEnvelope } from './msk-event.ts'
import type { ItemFailureReading } from './outcome.ts'
import { makePartitionQueue, type PartitionQueue } from './partition-queue.ts'
import { startPoller } from './poller.ts'
import { type MappingStatus, makeStatus, type Report } from './status.ts'

/** One mapping at work: its consumer, the queues of its partitions, its pollers. */
export interface Delivery {
  status(): MappingStatus
  /** Waits for the invocations in flight, commits and leaves the group. */
  stop(): Promise<void>
  /** Commits nothing more, hears no answer and leaves the group. */
  kill(): Promise<void>
}

export interface DeliveryPorts {
  /** Joins the mapping's group and reads; resolves when it has joined. */
  startConsumer(events: ConsumerEvents): Promise<ConsumerPort>
  readonly mapping: Mapping
  readonly partitionCount: number
  readonly envelope: EventEnvelope
  readonly reading: ItemFailureReading
  readonly invoke: Invoke
  readonly sendFailure: BatchPorts['sendFailure']
  readonly retryWaitMs?: BatchPorts['retryWaitMs']
  /** How long its consumer stays down after so many crashes in a row; as `keepConsumer` has it if absent. */
  readonly restartWaitMs?: (crashCount: number) => number
  report(level: Report['level'], message: string): void
}

/** A queue over either of these is not read into until it is down to half. */
const queueLimits = (batchSize: number) => ({ records: Math.max(2 * batchSize, 1_000), bytes: 8_388_608 })

/** What one of Lambda's pollers has under way at most: https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html */
const invocationsPerPoller = 5

/** Committing and leaving are given up after this: the broker may be gone before us. */
const leaveMs = 10_000

export async function startDelivery(ports: DeliveryPorts): Promise<Delivery> {
  const { mapping, partitionCount, envelope, reading, invoke, sendFailure, retryWaitMs, report } = ports
  const { topic } = mapping
  const isWanted = parseFilters(mapping.filterPatterns)
  const limits = queueLimits(mapping.batchSize)
  const status = makeStatus(mapping)
  const queues = new Map<number, PartitionQueue>()
  let consumer: ConsumerPort | undefined
  let isStopping = false

  const committer = makeCommitter(
    async commits => consumer?.commitOffsets(commits),
    error => report('warn', `offsets were not committed and go with the next ones: ${error}`),
  )

  const loopCount = Math.max(1, Math.min(mapping.maxPollerCount * invocationsPerPoller, partitionCount))
  const loops = Array.from({ length: loopCount }, (_, index) =>
    startPoller({
      mapping,
      envelope,
      reading,
      sendFailure,
      ...(retryWaitMs && { retryWaitMs }),
      status,
      report,
      queues: () => [...queues.values()].filter(queue => queue.partition % loopCount === index),
      invoke: payload => invoke(mapping.functionName, payload),
      commit: (queue, lastOffset) => {
        if (!queue.isLost) committer.add(queue, lastOffset)
      },
      onCut: cut => cut.forEach(resumeIfLow),
    }),
  )

  function onAssigned(partitions: readonly number[], isNewMember: boolean): void {
    for (const [partition, queue] of queues) {
      if (!isNewMember && partitions.includes(partition)) continue
      queue.lose()
      queues.delete(partition)
    }
    for (const partition of partitions) {
      if (queues.has(partition)) continue
      queues.set(partition, makePartitionQueue(topic, partition, isWanted))
      consumer?.resume([{ topic, partitions: [partition] }]) // it may have been paused before it was lost
    }
  }

  function onRecords(partition: number, records: Parameters<PartitionQueue['append']>[0]): void {
    const queue = queues.get(partition)
    if (!queue || isStopping) return
    status.filtered += queue.append(records, Date.now())
    if (queue.records.length > limits.records || queue.bytes > limits.bytes) {
      consumer?.pause([{ topic, partitions: [partition] }])
      queue.isPaused = true
    }
    loops[partition % loopCount].wake()
  }

  function resumeIfLow(queue: PartitionQueue): void {
    if (!queue.isPaused || isStopping || queue.records.length > limits.records / 2 || queue.bytes > limits.bytes / 2) return
    queue.isPaused = false
    consumer?.resume([{ topic, partitions: [queue.partition] }])
  }

  const leave = (leaving: Promise<void>) => {
    const told = leaving.catch(error => report('warn', `did not leave its group: ${error}`))
    return Promise.race([told, delay(leaveMs, undefined, { ref: false })])
  }

  const joined = await keepConsumer({
    start: events => ports.startConsumer(events),
    events: { onAssigned, onRecords },
    onCrash(error, waitMs) {
      status.lastError = String(error)
      report('error', `the consumer of ${topic} crashed, its records wait; it starts again in ${waitMs / 1_000} s: ${error}`)
    },
    onRestart: () => status.restarts++,
    ...(ports.restartWaitMs && { waitMs: ports.restartWaitMs }),
  })
  consumer = joined
  return {
    status: () => ({ ...status, queued: [...queues.values()].reduce((sum, queue) => sum + queue.records.length, 0) }),
    async stop() {
      isStopping = true
      joined.pause([{ topic }])
      await Promise.all(loops.map(loop => loop.stop()))
      await leave(committer.flush().then(() => joined.disconnect()))
    },
    async kill() {
      isStopping = true
      for (const queue of queues.values()) queue.lose() // what is in flight belongs to nobody now
      for (const loop of loops) void loop.stop()
      await leave(joined.disconnect())
    },
  }
}
