import { pipeline as flights } from '#models/pipeline.ts'
import type { KafkaStepRow, TopicRead } from '../../../cdk/steps.ts'
import { maxPayloadBytes } from '../../../localstack/event-source/msk-event.ts'
import { pipeline as cards, batchSize as cardsBatchSize, makeBatch } from '../../bench/state-scale/cards.ts'
import type { Phase } from './measure.ts'
import { measureFunction } from './measure.ts'
import { type StreamRecord, toPayload, valuesOf } from './records.ts'
import type { Row } from './report.ts'
import type { World } from './world.ts'

/** Lambda gathers records for half a second where a step says nothing. */
const usualWindowSec = 0.5
const hourSec = 3_600
/** Batches that stand for those of an hour: fewer where each has thousands of records, which take longer to write than to handle. */
const batchesFor = (records: number, batchesAtMost: number) => Math.max(4, Math.min(batchesAtMost, Math.floor(20_000 / records)))
/** The number of the hour's first record: what was counted of the year is before it. */
const firstOfHour = 60_000_000
/** Topics whose records other steps' faults make. */
const leftOut: readonly string[] = ['inputs', 'rejected']

/** How a topic comes at a rate: as many records as its window gathers. */
function shapeOf(rate: number, { windowSec = usualWindowSec, batchSize }: TopicRead) {
  const records = Math.min(batchSize, Math.max(1, Math.round(rate * windowSec)))
  return { records, batchesAnHour: Math.ceil((rate * hourSec) / records) }
}

/**
 * Runs a step on an hour of its topics: the first batch of a new function, then batches as its windows cut them at this rate, a part of those of
 * an hour, then one that is as large as a batch may be, as after an outage.
 */
export async function runKafkaStep(world: World, row: KafkaStepRow): Promise<Row[]> {
  const reads = row.reads.filter(
    ({ topic }) => !leftOut.includes(topic) && topic in valuesOf && !(row.name === 'preprocess' && topic !== 'events'),
  )
  const found = await measureFunction(world.cloud, world.measured(row), async invoke => {
    const phases: { readonly read: TopicRead; readonly cold: Phase; readonly warm: Phase; readonly full: Phase }[] = []
    for (const read of reads) {
      const { records } = shapeOf(world.rate, read)
      const stream = row.name === 'preprocess' ? cardsStream(world) : flightsStream(world, read.topic)
      phases.push({
        read,
        cold: await invoke([stream(records)]),
        warm: await invoke(repeat(batchesFor(records, world.batchesAtMost), () => stream(records))),
        full: await invoke([stream(read.batchSize)]),
      })
    }
    return phases
  })
  return found.phases.map(({ read, cold, warm, full }, nth) => {
    const { records, batchesAnHour } = shapeOf(world.rate, read)
    const scale = batchesAnHour / warm.invocations
    return {
      step: row.name,
      of: `${read.topic}: ${records} records a batch, ${batchesAnHour} batches an hour`,
      memoryMb: row.memoryMb,
      timeoutSec: row.timeoutSec,
      diskLimitMb: row.diskMb ?? 512,
      peakMb: found.peakMb,
      diskMb: found.diskMb,
      phases: { ...(nth === 0 && { cold }), warm, full },
      anHour: {
        calls: Object.values(warm.usage.calls).reduce((sum, count) => sum + count, 0) * scale,
        objects: warm.usage.objectsWritten * scale,
        busySec: warm.secondsAtMost * batchesAnHour,
      },
    }
  })
}

function* repeat(count: number, make: () => string): Generator<string> {
  for (let at = 0; at < count; at++) yield make()
}

/** Payloads of a topic of flights, each going on where the one before ended; none is larger than Lambda takes. */
function flightsStream({ endMs, scored }: World, topic: string): (records: number) => string {
  let next = firstOfHour
  return records => {
    const rows = Array.from({ length: records }, (_, row): StreamRecord => {
      return { key: String(next + row), value: JSON.stringify(valuesOf[topic](next + row, { ...scored, atMs: endMs })) }
    })
    const payload = fit(rows, some => toPayload(`${flights.name}.${topic}`, some, next, endMs))
    next += records
    return payload
  }
}

/** Payments of cards: as many of them as are active at a time. */
function cardsStream({ keyCount, nextBatch }: World): (records: number) => string {
  let batch = nextBatch
  let used = 0
  return records => {
    if (used + records > cardsBatchSize) {
      batch++
      used = 0
    }
    const some = makeBatch(keyCount, batch).slice(used, used + records)
    used += records
    const [{ topic, partition }] = some
    const slots = some.map(({ offset, recordedAtMs, key, value }) => {
      return {
        topic,
        partition,
        offset,
        timestamp: recordedAtMs,
        timestampType: 'LOG_APPEND_TIME',
        key: key?.toString('base64'),
        value: value?.toString('base64'),
        headers: [],
      }
    })
    return JSON.stringify({
      eventSource: 'aws:kafka',
      eventSourceArn: 'arn',
      bootstrapServers: cards.name,
      records: { [`${topic}-${partition}`]: slots },
    })
  }
}

/** The payload of as many of the records as Lambda takes at once. */
function fit(rows: readonly StreamRecord[], toText: (rows: readonly StreamRecord[]) => string): string {
  const text = toText(rows)
  if (text.length <= maxPayloadBytes) return text
  return fit(rows.slice(0, Math.floor((rows.length * maxPayloadBytes * 0.98) / text.length)), toText)
}
