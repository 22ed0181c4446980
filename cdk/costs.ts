import { topicsOf } from '#models/topics.ts'
import { brokerTypes } from './broker-types.ts'
import { prices } from './prices.ts'
import type { Settings } from './setting-table.ts'
import { faultCounts, httpSteps, kafkaSteps, readsOf, scheduledSteps } from './steps.ts'
import { topicSettings } from './topics.ts'

const hoursAMonth = 720
const secondsAMonth = hoursAMonth * 3_600
const daysAMonth = 30
const zoneCount = 3
const gigabyte = 1_000_000_000

/**
 * What one prediction is assumed to weigh and take. Bytes are those of the flights' records in JSON; a label comes for every event; functions'
 * microseconds are twice what they took on two cores here, and what waits for a store takes longer.
 */
export const assumed = {
  bytesOf: { events: 200, labels: 100, features: 350, predictions: 550, feedback: 650, rejected: 0 },
  microsOf: { preprocess: 30, infer: 35, deliver: 60, join: 40, archive: 20, evaluate: 10 } as Readonly<Record<string, number>>,
  otherMicros: 30,
  /** Of an invocation, whatever it holds: decode, one round trip to the brokers or a store. */
  invocationMs: 15,
  defaultWindowSec: 0.5,
  retrainSec: 30,
  retrainsAMonth: 120,
  archivedBytesOf: { events: 60, labels: 40, predictions: 120, feedback: 130 },
  archiveMonths: 12,
  tableBytes: 600,
  /** Units of the state table that a batch of preprocess writes, and reads: four a record, and pages bound them. */
  stateUnits: { aRecord: 4, aBatchAtMost: 25 },
  tableDays: 14,
  metricsAStep: 5,
  logBytesAnInvocation: 1_200,
} as const

export type CostSettings = Pick<
  Settings,
  'cluster' | 'pollers' | 'minPollers' | 'architecture' | 'brokerType' | 'brokerCount' | 'brokerDiskGb' | 'vpcId'
>

/** US dollars a month by what they are paid for. */
export interface MonthlyCosts {
  readonly brokers: number
  readonly pollers: number
  readonly functions: number
  readonly tables: number
  readonly archive: number
  readonly network: number
  readonly watching: number
}

interface Reading {
  readonly step: string
  readonly topic: keyof typeof assumed.bytesOf
  readonly gbMemory: number
  readonly batchSize: number
  readonly windowSec: number
}

/** Of a definition with windows over labels, as the flights' is, and without further inputs: nobody but its team knows how many records those have. */
const topics = topicsOf({ name: 'flights', inputs: [], windows: { sources: [{ name: 'labels', rings: [{}], joins: [] }] } })

const readings: readonly Reading[] = kafkaSteps.flatMap(row =>
  readsOf(row, topics).map(({ topic, batchSize, windowSec = assumed.defaultWindowSec }) => ({
    step: row.name,
    topic: topic.kind as Reading['topic'],
    gbMemory: row.memoryMb / 1_024,
    batchSize,
    windowSec,
  })),
)

/**
 * How often a mapping calls its function: full batches where there are many records; else the windows that hold at least one, records
 * coming by chance: W (1 − e^(−N/W)) of W windows.
 */
function countInvocations({ topic, batchSize, windowSec }: Reading, predictions: number): number {
  if (assumed.bytesOf[topic] === 0) return 0
  const windows = secondsAMonth / windowSec
  return Math.max(windows * -Math.expm1(-predictions / windows), predictions / batchSize)
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** Seconds that a mapping's function runs in a month. */
function countSeconds(reading: Reading, predictions: number): number {
  if (assumed.bytesOf[reading.topic] === 0) return 0
  const micros = assumed.microsOf[reading.step] ?? assumed.otherMicros
  return (countInvocations(reading, predictions) * assumed.invocationMs) / 1_000 + (predictions * micros) / 1_000_000
}

function costOfReading(reading: Reading, predictions: number, { architecture }: CostSettings): number {
  const { gbSecond, millionRequests } = prices.lambda
  const requests = (countInvocations(reading, predictions) / 1_000_000) * millionRequests
  return requests + countSeconds(reading, predictions) * reading.gbMemory * gbSecond[architecture]
}

/** What the functions of some steps cost a month; without names, of all of them, retrain included. */
export function functionCosts(settings: CostSettings, predictions: number, steps?: readonly string[]): number {
  const streaming = readings.filter(({ step }) => steps?.includes(step) ?? true)
  const scheduled = steps === undefined ? scheduledSteps : []
  const gbSecond = prices.lambda.gbSecond[settings.architecture]
  return (
    sum(streaming.map(reading => costOfReading(reading, predictions, settings))) +
    sum(scheduled.map(({ memoryMb }) => assumed.retrainsAMonth * assumed.retrainSec * (memoryMb / 1_024) * gbSecond))
  )
}

const bytesIn = sum(Object.values(assumed.bytesOf))
const bytesOut = sum(readings.map(({ topic }) => assumed.bytesOf[topic]))
const partitionCount = sum(topics.map(({ kind }) => topicSettings[kind].partitionCount))
/** Gigabytes that lie in the topics for one prediction a month, before replication. */
const keptGbPerPrediction = sum(
  Object.entries(assumed.bytesOf).map(
    ([topic, bytes]) => (bytes * topicSettings[topic as keyof typeof topicSettings].retentionMs) / (daysAMonth * 86_400_000) / gigabyte,
  ),
)

function brokerCosts({ cluster, brokerType, brokerCount, brokerDiskGb }: CostSettings, predictions: number): number {
  const keptGb = keptGbPerPrediction * predictions
  const [gbIn, gbOut] = [bytesIn, bytesOut].map(bytes => (bytes * predictions) / gigabyte)
  switch (cluster.kind) {
    case 'provisioned': {
      const diskGb = Math.max(brokerCount * brokerDiskGb, keptGb * 3) // replicas
      const crossZoneGb = ((gbIn + gbOut) * (zoneCount - 1)) / zoneCount
      return (
        brokerCount * brokerTypes[brokerType].usdPerHour * hoursAMonth +
        diskGb * prices.msk.diskGbMonth +
        crossZoneGb * prices.msk.crossZoneGb
      )
    }
    case 'serverless': {
      const { clusterHour, partitionHour, gbIn: usdIn, gbOut: usdOut, diskGbMonth } = prices.mskServerless
      return (clusterHour + partitionCount * partitionHour) * hoursAMonth + gbIn * usdIn + gbOut * usdOut + keptGb * diskGbMonth
    }
    case 'existing':
      return 0 // paid already
    default:
      return cluster satisfies never
  }
}

function pollerCosts({ pollers, minPollers }: CostSettings, predictions: number): number {
  if (pollers === 'on-demand') return 0
  const { unitHour, pollersPerUnit, bytesPerSecPerUnit } = prices.poller
  const forCount = Math.ceil((readings.length * minPollers) / pollersPerUnit)
  const forBytes = Math.ceil((bytesOut * predictions) / secondsAMonth / bytesPerSecPerUnit)
  return Math.max(forCount, forBytes) * unitHour * hoursAMonth
}

function tableCosts(predictions: number): number {
  const { millionWriteUnits, millionReadUnits, gbMonth } = prices.dynamo
  const states = readings.filter(({ step }) => step === 'preprocess')
  const stateUnits = sum(
    states.map(reading =>
      Math.min(predictions * assumed.stateUnits.aRecord, countInvocations(reading, predictions) * assumed.stateUnits.aBatchAtMost),
    ),
  )
  const keptGb = (predictions * assumed.tableBytes * (assumed.tableDays / daysAMonth)) / gigabyte
  const waitingReads = predictions // deliver looks whether a label waits for each
  const units = (predictions + stateUnits) * (millionWriteUnits + millionReadUnits) + waitingReads * millionReadUnits
  return units / 1_000_000 + keptGb * gbMonth
}

function archiveCosts(predictions: number): number {
  const archived = readings.filter(({ step }) => step === 'archive')
  const puts = archived.map(reading => {
    const invocations = countInvocations(reading, predictions)
    const partitions = topicSettings[reading.topic].partitionCount // each has an object of its own in a batch
    return Math.min(invocations * partitions, predictions)
  })
  const gbKept = (sum(Object.values(assumed.archivedBytesOf)) * predictions * assumed.archiveMonths) / gigabyte
  return (sum(puts) / 1_000) * prices.s3.thousandPuts + gbKept * prices.s3.gbMonth
}

function networkCosts({ cluster, pollers, vpcId }: CostSettings): number {
  if (cluster.kind === 'existing' || vpcId !== undefined) return 0 // the owner's
  return (pollers === 'provisioned' ? 2 : 4) * zoneCount * prices.endpoint.zoneHour * hoursAMonth
}

function watchingCosts({ pollers }: CostSettings, predictions: number): number {
  const { alarmMetricMonth, metricMonth, dashboardMonth, logGb } = prices.cloudWatch
  const rejecting = kafkaSteps.filter(({ writes }) => writes.includes('rejected')).length
  const stepCount = httpSteps.length + kafkaSteps.length + scheduledSteps.length
  const failureMetrics = pollers === 'provisioned' ? 2 * readings.length : 0 // each mapping: what its bucket took, and what it did not
  const guarded = stepCount + failureMetrics + faultCounts.length // the cost guard reads all steps
  const alarmMetrics = httpSteps.length + kafkaSteps.length * 2 + rejecting * 2 + scheduledSteps.length * 2 + guarded
  const invocations = sum(readings.map(reading => countInvocations(reading, predictions)))
  return (
    alarmMetrics * alarmMetricMonth +
    kafkaSteps.length * assumed.metricsAStep * metricMonth +
    dashboardMonth +
    ((invocations * assumed.logBytesAnInvocation) / gigabyte) * logGb
  )
}

/**
 * What a pipeline costs a month with so many predictions in it, each with a label, in us-east-1.
 *
 * @example totalOf(monthlyCosts(parseSettings({}), 1_000_000))
 */
export function monthlyCosts(settings: CostSettings, predictions: number): MonthlyCosts {
  return {
    brokers: brokerCosts(settings, predictions),
    pollers: pollerCosts(settings, predictions),
    functions: functionCosts(settings, predictions),
    tables: tableCosts(predictions),
    archive: archiveCosts(predictions),
    network: networkCosts(settings),
    watching: watchingCosts(settings, predictions),
  }
}

export const totalOf = (costs: MonthlyCosts) => sum(Object.values(costs))

/** Two SageMaker endpoints, in two zones: the least that serves always. */
export const alwaysOnCosts = 2 * prices.alwaysOn.instanceHour * hoursAMonth

/**
 * The same steps in containers of two processors and 4 GB that poll by themselves: two of them at least, and as many as half of the
 * processors' time carries.
 */
export function containerCosts(predictions: number): number {
  const { vcpuHour, gbHour } = prices.fargate
  const busySec = sum(readings.map(reading => (predictions * (assumed.microsOf[reading.step] ?? assumed.otherMicros)) / 1_000_000))
  const tasks = Math.max(2, Math.ceil(busySec / secondsAMonth / 2 / 0.5))
  return tasks * (2 * vcpuHour + 4 * gbHour) * hoursAMonth
}

/**
 * The number of predictions a month at which `cost` overtakes `other`; infinite where it does not below a trillion.
 *
 * @example breakEven(n => functionCosts(settings, n, ['infer']), () => alwaysOnCosts)
 */
export function breakEven(cost: (predictions: number) => number, other: (predictions: number) => number): number {
  let [low, high] = [0, 1e12]
  if (cost(high) < other(high)) return Number.POSITIVE_INFINITY
  if (cost(low) > other(low)) return 0
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (cost(middle) < other(middle)) low = middle
    else high = middle
  }
  return high
}
