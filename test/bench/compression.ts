import { createRequire } from 'node:module'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { memoryState } from '#functions/adapters/memory-state.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { loadScorer } from '#functions/bundles/scorer.ts'
import { makeInfer } from '#functions/infer/infer.ts'
import { openCurrentLayer } from '#functions/layer/current.ts'
import { learnAll } from '#functions/layer/learn.ts'
import { startState } from '#functions/layer/state.ts'
import type { KafkaRecord, OutgoingRecord } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import type { Feedback } from '#functions/records.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { pipeline } from '#models/pipeline.ts'
import { readFlights } from '../../localstack/replay/flights.ts'
import { merge } from '../../localstack/replay/merge.ts'
import { makeFeedback } from '../fixtures.ts'
import { makeBundle } from '../make-bundle.ts'
import { toConsumed } from '../memory-topic.ts'

const flightCount = 20_000
const require = createRequire(import.meta.url)

/** kafkajs' own writing of a batch, checksum included: fewer bytes are cheaper to sum. */
type Encode = (batch: {
  readonly compression: number
  readonly records: readonly object[]
  readonly lastOffsetDelta: number
}) => Promise<{ size(): number }>
const { RecordBatch: encodeBatch } = require('kafkajs/src/protocol/recordBatch/v0/index.js') as { readonly RecordBatch: Encode }
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (record: object) => object
const { Codecs: codecs } = require('kafkajs/src/protocol/message/compression/index.js') as { readonly Codecs: Record<number, unknown> }

const zstdLevel = (level: number) => ({ params: { [constants.ZSTD_c_compressionLevel]: level } })
const ways: Readonly<Record<string, { readonly codec: number; readonly compress: (bytes: Buffer) => Buffer }>> = {
  none: { codec: 0, compress: bytes => bytes },
  'gzip 1': { codec: 1, compress: bytes => gzipSync(bytes, { level: 1 }) },
  'gzip 6': { codec: 1, compress: bytes => gzipSync(bytes, { level: 6 }) },
  'zstd 1': { codec: 4, compress: bytes => zstdCompressSync(bytes, zstdLevel(1)) },
  'zstd 3': { codec: 4, compress: bytes => zstdCompressSync(bytes, zstdLevel(3)) },
}

/** Days that a record is kept, as in cdk/topics.ts; dollars: MSK's disk by the GB and month, Lambda by the GB and second. */
const keptDays = { events: 7, features: 3, predictions: 7, feedback: 7 } as const
const usd = { diskGbMonth: 0.1, lambdaGbSec: 0.0000166667 }
const replicaCount = 3
/** Of a function with 1,024 MB, which has this share of a vCPU. */
const cpuShare = 1_024 / 1_769

/**
 * What compression costs a sender and saves its brokers: flights of the stream as events, features, predictions and feedback, in batches
 * of one partition as steps send them, large (300 records) and small (20).
 *
 * Dollars are for a million records: disk of three replicas for as long as they are kept, and the sender's CPU.
 */
export async function benchCompression() {
  const topics = await makeRecords()
  const rows = []
  for (const [topic, records] of Object.entries(topics)) {
    for (const recordsPerBatch of [300, 20]) {
      for (const way of Object.keys(ways)) {
        const { bytes, cpuUs } = await measure(records, recordsPerBatch, way)
        const diskUsd = ((bytes * replicaCount * usd.diskGbMonth) / 1e9) * (keptDays[topic as keyof typeof keptDays] / 30) * 1e6
        const cpuUsd = (cpuUs / cpuShare) * usd.lambdaGbSec
        rows.push({
          topic,
          recordsPerBatch,
          way,
          bytes: round(bytes),
          cpuUs: round(cpuUs),
          diskUsd: round(diskUsd, 4),
          cpuUsd: round(cpuUsd, 4),
        })
      }
    }
  }
  console.table(rows)
  return { rows }
}

/** Bytes in Kafka and CPU a record, mean over the records, best of nine runs. */
async function measure(records: readonly OutgoingRecord[], recordsPerBatch: number, way: string) {
  const { codec, compress } = ways[way]
  codecs[codec] = () => ({ compress: async ({ buffer }: { readonly buffer: Buffer }) => compress(buffer) })
  let bytes = 0
  let cpuUs = Number.POSITIVE_INFINITY
  for (let run = 0; run < 9; run++) {
    bytes = 0
    const started = process.cpuUsage()
    for (let from = 0; from < records.length; from += recordsPerBatch) {
      const batch = records
        .slice(from, from + recordsPerBatch)
        .map(({ key, value }, offsetDelta) => encodeRecord({ offsetDelta, key, value }))
      bytes += (await encodeBatch({ compression: codec, records: batch, lastOffsetDelta: batch.length - 1 })).size()
    }
    const { user, system } = process.cpuUsage(started)
    cpuUs = Math.min(cpuUs, (user + system) / records.length)
  }
  return { bytes: bytes / records.length, cpuUs }
}

/** The last 5,000 of each topic, the stream gone through preprocess and infer. */
async function makeRecords(): Promise<Record<keyof typeof keptDays, OutgoingRecord[]>> {
  let sent: OutgoingRecord[] = []
  const send = async (records: readonly OutgoingRecord[]) => {
    sent = [...records]
  }
  const state = makeWindowState({ plan: pipeline.windows!, store: memoryState(), nowMs: Date.now })
  const preprocess = makePreprocess({ pipeline, send, state })
  const scorer = await loadScorer(loadOnnx, makeBundle('20010101T1954-cded566b'), pipeline.definition)
  let layer = startState(pipeline)
  const infer = makeInfer({
    pipeline,
    models: async () => ({ champion: scorer }),
    layer: async () => openCurrentLayer(pipeline, layer),
    send,
    nowMs: Date.now,
  })
  const waiting: Record<string, KafkaRecord[]> = { event: [], label: [] }
  const made = { events: [], features: [], predictions: [], feedback: [] } as Record<keyof typeof keptDays, OutgoingRecord[]>
  const offsets: Record<string, number> = { event: 0, label: 0 }
  for await (const { kind, key, value } of merge(readFlights(flightCount))) {
    const place = { topic: `flights.${kind}s`, partition: 0, offset: offsets[kind]++, recordedAtMs: Date.now() }
    waiting[kind].push({ ...place, key: Buffer.from(key), value: Buffer.from(String(value)), headers: [] })
    if (waiting[kind].length < 5_000) continue
    const batch = waiting[kind]
    waiting[kind] = []
    await preprocess(batch)
    if (kind === 'label') continue
    made.events = batch.map(record => ({ ...record }))
    made.features = sent
    await infer(sent.map((record, offset) => toConsumed(record, { offset })))
    made.predictions = sent
    made.feedback = sent.map(record => ({ ...record, topic: 'flights.feedback', value: toFeedback(String(record.value)) }))
    const learnt = made.feedback.map(
      ({ value }, at) => ({ ...(JSON.parse(String(value)) as Feedback), target: at % 3 === 0 ? 1 : 0 }) as const,
    )
    layer = { ...layer, ...learnAll(pipeline, layer, learnt), version: layer.version + 1 } // so that traces are those of a layer at work
  }
  return made
}

const toFeedback = (prediction: string) => {
  const { target, labelAtMs, labelSource } = makeFeedback()
  return JSON.stringify({ ...JSON.parse(prediction), target, labelAtMs, labelSource })
}

const round = (value: number, digits = 1) => Number(value.toFixed(digits))
