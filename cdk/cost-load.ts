import { topicsOf } from '#models/topics.ts'
import { assumed, type StepLoad } from './cost-assumptions.ts'
import type { Choices } from './cost-choices.ts'
import { kafkaSteps, readsOf } from './steps.ts'
import { topicSettings } from './topics.ts'

export const hoursAMonth = 720
export const secondsAMonth = hoursAMonth * 3_600

/** A mapping: one topic that triggers one step. */
export interface Reading {
  readonly step: string
  readonly topic: keyof typeof assumed.bytesOf
  readonly memoryMb: number
  readonly batchSize: number
  readonly windowSec: number
}

/** Of a definition with windows over labels and a layer, as the flights' is, and without further inputs: nobody but its team knows how many records those have. */
export const topics = topicsOf({
  name: 'flights',
  inputs: [],
  windows: { sources: [{ name: 'labels', rings: [{}], joins: [] }] },
  layer: {},
})

/** The mappings of a stack, each with its row's window, or with the one that the choices give its step. */
export function readingsOf({ windowSec: chosen }: Pick<Choices, 'windowSec'>): Reading[] {
  return kafkaSteps.flatMap(row =>
    readsOf(row, topics).map(({ topic, batchSize, windowSec = assumed.defaultWindowSec }) => ({
      step: row.name,
      topic: topic.kind as Reading['topic'],
      memoryMb: row.memoryMb,
      batchSize,
      windowSec: chosen[`${row.name} ${topic.kind}`] ?? chosen[row.name] ?? windowSec,
    })),
  )
}

/**
 * How often a mapping calls its function in a month: full batches where there are many records; else the windows that hold at least one,
 * records coming by chance: W (1 − e^(−N/W)) of W windows.
 */
export function countInvocations({ topic, batchSize, windowSec }: Reading, predictions: number): number {
  if (assumed.bytesOf[topic] === 0) return 0
  const windows = secondsAMonth / windowSec
  return Math.max(windows * -Math.expm1(-predictions / windows), predictions / batchSize)
}

/** How many partitions have a record in one of a mapping's batches, on average: P (1 − (1 − 1/P)^n) of P. */
export function countPartitions(reading: Reading, predictions: number): number {
  const { partitionCount } = topicSettings[reading.topic]
  const records = predictions / (countInvocations(reading, predictions) || 1)
  return partitionCount * (1 - (1 - 1 / partitionCount) ** records)
}

/** Milliseconds of one invocation: what it waits for, and its own work at the share of a processor that its memory brings. */
export function invocationMs(reading: Reading, predictions: number): number {
  const invocations = countInvocations(reading, predictions)
  if (invocations === 0) return 0
  const { cpuMsACall, cpuFactor, runtimeMs, latencyMs } = assumed
  const load: StepLoad = assumed.steps[`${reading.step} ${reading.topic}`] ?? assumed.otherStep
  const [records, partitions] = [predictions / invocations, countPartitions(reading, predictions)]
  const wait = (turns: StepLoad['turns'] = {}) =>
    Object.entries(turns).reduce((sum, [store, count]) => sum + count * latencyMs[store as keyof typeof latencyMs], 0)
  const callsOfRecords = Math.ceil(records * (load.callsARecord ?? 0))
  const waitMs = wait(load.turns) + partitions * wait(load.turnsAPartition) + Math.floor(callsOfRecords / 8) * latencyMs.table
  const calls = (load.calls ?? 0) + partitions * (load.callsAPartition ?? 0) + callsOfRecords
  const cpuMs = calls * cpuMsACall + partitions * (load.partitionMs ?? 0) + (records * load.micros * cpuFactor) / 1_000
  const cpuShare = Math.min(1, reading.memoryMb / 1_769)
  return runtimeMs + waitMs + cpuMs / cpuShare
}
