import { archiveCosts } from './archive-costs.ts'
import { brokerTypes } from './broker-types.ts'
import { assumed } from './cost-assumptions.ts'
import { type Choices, chosen } from './cost-choices.ts'
import {
  countInvocations,
  countPartitions,
  hoursAMonth,
  invocationMs,
  type Reading,
  readingsOf,
  secondsAMonth,
  topics,
} from './cost-load.ts'
import { prices } from './prices.ts'
import type { Settings } from './setting-table.ts'
import { kafkaSteps, scheduledSteps } from './steps.ts'
import { tableCosts } from './table-costs.ts'
import { topicSettings } from './topics.ts'

const daysAMonth = 30
const dayMs = 86_400_000
/** A broker in each zone, at least: two of them are in two. */
const zonesOf = ({ brokerCount }: CostSettings) => Math.min(3, brokerCount)
const gigabyte = 1_000_000_000

export type CostSettings = Pick<
  Settings,
  | 'cluster'
  | 'pollers'
  | 'minPollers'
  | 'architecture'
  | 'brokerType'
  | 'brokerCount'
  | 'brokerDiskGb'
  | 'vpcId'
  | 'compression'
  | 'tracing'
  | 'tables'
  | 'archiveColdAfterDays'
>

/** US dollars a month by what they are paid for. */
export interface MonthlyCosts {
  readonly brokers: number
  readonly pollers: number
  readonly functions: number
  readonly predictions: number
  readonly state: number
  readonly counters: number
  readonly archive: number
  readonly network: number
  readonly watching: number
  readonly tracing: number
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** How often all mappings of a step call its function in a month. */
function countBatches(name: string, predictions: number, choices: Choices): number {
  const readings = readingsOf(choices).filter(({ step }) => step === name)
  return sum(readings.map(reading => countInvocations(reading, predictions)))
}

/** What the functions of some steps cost a month; without names, of all of them, the scheduled ones included. */
export function functionCosts(settings: CostSettings, predictions: number, steps?: readonly string[], choices: Choices = chosen): number {
  const gbSecond = prices.lambda.gbSecond[settings.architecture]
  const streaming = readingsOf(choices).filter(({ step }) => steps?.includes(step) ?? true)
  const ofReading = (reading: Reading) => {
    const invocations = countInvocations(reading, predictions)
    const requests = (invocations / 1_000_000) * prices.lambda.millionRequests
    return requests + (invocations * invocationMs(reading, predictions) * gbSecond * (reading.memoryMb / 1_024)) / 1_000
  }
  return sum(streaming.map(ofReading)) + (steps === undefined ? scheduledSeconds(choices, predictions) * gbSecond : 0)
}

/** Gigabyte-seconds of retrain, watch and compact. */
function scheduledSeconds({ isCompacted }: Choices, predictions: number): number {
  const { archive, retrain, watch } = assumed
  const memoryGb = (name: string) => (scheduledSteps.find(step => step.name === name)?.memoryMb ?? archive.compactMemoryMb) / 1_024
  const rows = predictions * Object.keys(archive.rowBytes).length
  const compactSec = isCompacted ? (rows * archive.compactMicrosARow) / 1_000_000 : 0
  return (
    retrain.sec * retrain.runsAMonth * memoryGb('retrain') +
    watch.sec * watch.runsAMonth * memoryGb('watch') +
    compactSec * memoryGb('compact')
  )
}

/** Bytes of a record as brokers see it: compressed where functions send it, by how many a partition gets at once; producers' own as they come. */
function wireBytes(topic: Reading['topic'], predictions: number, { compression }: CostSettings, choices: Choices): number {
  const plain = assumed.bytesOf[topic]
  const compressed = assumed.compressed[topic]
  if (!compressed || compression === 'none' || predictions === 0) return plain
  const senders = { features: 'preprocess events', predictions: 'infer features', feedback: 'join labels' } as Readonly<
    Record<string, string>
  >
  const sender = readingsOf(choices).find(reading => `${reading.step} ${reading.topic}` === senders[topic])!
  const records = predictions / (countInvocations(sender, predictions) * countPartitions(sender, predictions))
  return Math.min(plain, compressed.each + compressed.batch / records)
}

const topicNames = Object.keys(assumed.bytesOf) as Reading['topic'][]
const partitionCount = sum(topics.map(({ kind }) => topicSettings[kind].partitionCount))

function brokerCosts(settings: CostSettings, predictions: number, choices: Choices): number {
  const { cluster, brokerType, brokerCount, brokerDiskGb } = settings
  const bytes = (topic: Reading['topic']) => wireBytes(topic, predictions, settings, choices)
  const gbIn = (sum(topicNames.map(bytes)) * predictions) / gigabyte
  const gbOut = (sum(readingsOf(choices).map(({ topic }) => bytes(topic))) * predictions) / gigabyte
  const keptShare = (topic: Reading['topic']) => topicSettings[topic].retentionMs / (daysAMonth * dayMs)
  const keptGb = (sum(topicNames.map(topic => bytes(topic) * keptShare(topic))) * predictions) / gigabyte
  switch (cluster.kind) {
    case 'provisioned': {
      const diskGb = Math.max(brokerCount * brokerDiskGb, (keptGb * Math.min(3, brokerCount)) / assumed.diskUsedAtMost)
      const crossZoneGb = ((gbIn + gbOut) * (zonesOf(settings) - 1)) / zonesOf(settings)
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

/** AWS does not say whether its pollers count bytes before or after they unpack them; so as they are unpacked, which is more. */
function pollerCosts({ pollers, minPollers }: CostSettings, predictions: number, choices: Choices): number {
  if (pollers === 'on-demand') return 0
  const { unitHour, pollersPerUnit, bytesPerSecPerUnit } = prices.poller
  const readings = readingsOf(choices)
  const forCount = Math.ceil(((choices.mappings ?? readings.length) * minPollers) / pollersPerUnit)
  const bytesOut = sum(readings.map(({ topic }) => assumed.bytesOf[topic]))
  const forBytes = Math.ceil((bytesOut * predictions) / secondsAMonth / bytesPerSecPerUnit)
  return Math.max(forCount, forBytes) * unitHour * hoursAMonth
}

function networkCosts(settings: CostSettings): number {
  const { cluster, pollers, vpcId } = settings
  if (cluster.kind === 'existing' || vpcId !== undefined) return 0 // the owner's
  return (pollers === 'provisioned' ? 2 : 4) * zonesOf(settings) * prices.endpoint.zoneHour * hoursAMonth
}

/** Infer looks at its pointer and at the layer once a second in each function that runs: at most in as many as there are partitions. */
const lookCosts = (invocations: number) =>
  2 * (Math.min(invocations, secondsAMonth * topicSettings.features.partitionCount) / 1_000) * prices.s3.thousandGets

/** Each batch of adapt reads and writes the layer's state. */
const layerCosts = (invocations: number) => (invocations / 1_000) * (prices.s3.thousandGets + prices.s3.thousandPuts)

function watchingCosts(predictions: number, choices: Choices): number {
  const { alarmMetricMonth, metricMonth, dashboardMonth, logGb } = prices.cloudWatch
  const invocations = sum(readingsOf(choices).map(reading => countInvocations(reading, predictions)))
  return (
    assumed.alarmMetrics * alarmMetricMonth +
    assumed.customMetrics * metricMonth +
    dashboardMonth +
    ((invocations * assumed.logBytesAnInvocation) / gigabyte + assumed.otherLogGb) * logGb
  )
}

/** X-Ray keeps one trace a second of each function, and a twentieth of the others. */
function tracingCosts({ tracing }: CostSettings, predictions: number, choices: Choices): number {
  if (tracing === 'off') return 0
  const traces = kafkaSteps.map(({ name }) => {
    const invocations = countBatches(name, predictions, choices)
    const first = Math.min(invocations, secondsAMonth)
    return first + (invocations - first) * prices.xray.sampledRatio
  })
  return (sum(traces) / 1_000_000) * prices.xray.millionTraces
}

/**
 * What a pipeline costs a month with so many predictions in it, each with a label, in us-east-1.
 *
 * @example totalOf(monthlyCosts(parseSettings({}), 1_000_000))
 */
export function monthlyCosts(settings: CostSettings, predictions: number, choices: Choices = chosen): MonthlyCosts {
  const batchesOf = (step: string) => countBatches(step, predictions, choices)
  return {
    brokers: brokerCosts(settings, predictions, choices),
    pollers: pollerCosts(settings, predictions, choices),
    functions: functionCosts(settings, predictions, undefined, choices) + lookCosts(batchesOf('infer')) + layerCosts(batchesOf('adapt')),
    ...tableCosts(settings, choices, predictions),
    archive: archiveCosts(settings, choices, predictions),
    network: networkCosts(settings),
    watching: watchingCosts(predictions, choices),
    tracing: tracingCosts(settings, predictions, choices),
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
  const micros = readingsOf(chosen).map(({ step, topic }) => (assumed.steps[`${step} ${topic}`] ?? { micros: 0 }).micros)
  const busySec = (predictions * sum(micros) * assumed.cpuFactor) / 1_000_000
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
