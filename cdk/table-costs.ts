import { assumed } from './cost-assumptions.ts'
import type { Choices } from './cost-choices.ts'
import { countInvocations, countPartitions, hoursAMonth, type Reading, readingsOf, secondsAMonth } from './cost-load.ts'
import { prices } from './prices.ts'
import type { Settings } from './setting-table.ts'
import { utilizationPercent } from './stores.ts'

const gigabyte = 1_000_000_000
const daysAMonth = 30

interface Units {
  readonly writes: number
  readonly reads: number
}

/** US dollars a month of each table: requests, what lies in it, and recovery of that to any second. */
export function tableCosts({ tables }: Pick<Settings, 'tables'>, choices: Choices, predictions: number) {
  const readings = readingsOf(choices)
  const of = (step: string) => readings.filter(reading => reading.step === step)
  const [[events], [labels]] = [of('preprocess'), of('join')]
  return {
    predictions: predictionCosts(tables, choices, predictions),
    state:
      byRequest(addUnits(eventUnits(events, predictions), labelUnits(labels, predictions))) +
      kept(stateGb(events, labels, predictions), true),
    counters: byRequest(
      addUnits(
        ...of('archive')
          .filter(isCounted)
          .map(reading => counterUnits(reading, predictions)),
      ),
    ),
  }
}

function predictionCosts(tables: Settings['tables'], choices: Choices, predictions: number): number {
  const { rowBytes, keptDays, earlyRatio, early } = assumed.predictions
  const { join, deliver } = choices.predictionReads
  const own = { writes: predictions * Math.ceil(rowBytes / 1_024), reads: predictions * join }
  const waiting = { writes: predictions * earlyRatio * early.writes, reads: predictions * (deliver + earlyRatio * early.reads) }
  const gb = (predictions * rowBytes * (keptDays / daysAMonth)) / gigabyte
  const paid = tables === 'provisioned' ? byHour(own) + byRequest(waiting) : byRequest(addUnits(own, waiting))
  return paid + kept(gb, choices.isPredictionsRecoverable)
}

/** Each partition of a batch has an entry, which a snapshot takes in and an update ends; a batch reads the tail of every log. */
function eventUnits(reading: Reading, predictions: number): Units {
  const invocations = countInvocations(reading, predictions)
  const { eventWritesAnEntry, eventReadsABatch } = assumed.state
  return { writes: invocations * countPartitions(reading, predictions) * eventWritesAnEntry, reads: invocations * eventReadsABatch }
}

function labelUnits(reading: Reading, predictions: number): Units {
  const { labelWritesAnEntry, labelWritesARecord } = assumed.state
  const entries = countInvocations(reading, predictions) * countPartitions(reading, predictions)
  return { writes: entries * labelWritesAnEntry + predictions * labelWritesARecord, reads: 0 }
}

/** Of what archive reads, predictions and feedback are counted too. */
const isCounted = ({ topic }: Reading) => topic === 'predictions' || topic === 'feedback'

function counterUnits(reading: Reading, predictions: number): Units {
  const partitions = countInvocations(reading, predictions) * countPartitions(reading, predictions)
  return { writes: partitions * assumed.counters.writes, reads: partitions * assumed.counters.reads }
}

function stateGb(events: Reading, labels: Reading, predictions: number): number {
  const { entryBytes, recordBytes, keptDays } = assumed.state
  const entries = [events, labels].reduce(
    (sum, reading) => sum + countInvocations(reading, predictions) * countPartitions(reading, predictions),
    0,
  )
  return ((entries * entryBytes + 2 * predictions * recordBytes) * (keptDays / daysAMonth)) / gigabyte
}

const addUnits = (...all: readonly Units[]): Units => ({
  writes: all.reduce((sum, { writes }) => sum + writes, 0),
  reads: all.reduce((sum, { reads }) => sum + reads, 0),
})

function byRequest({ writes, reads }: Units): number {
  const { millionWriteUnits, millionReadUnits } = prices.dynamo
  return (writes * millionWriteUnits + reads * millionReadUnits) / 1_000_000
}

/** Of a load that is spread evenly over the month, with the reserve that scaling keeps. */
function byHour({ writes, reads }: Units): number {
  const { writeHour, readHour } = prices.dynamo.provisioned
  return ((writes * writeHour + reads * readHour) / secondsAMonth / (utilizationPercent / 100)) * hoursAMonth
}

const kept = (gb: number, isRecoverable: boolean) => gb * (prices.dynamo.gbMonth + (isRecoverable ? prices.dynamo.recoveryGbMonth : 0))
