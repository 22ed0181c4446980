import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { dynamoPredictions } from '#functions/adapters/prediction-table.ts'
import { dynamoState } from '#functions/adapters/state-store.ts'
import { dynamoWaiting } from '#functions/adapters/waiting-table.ts'
import { makeArchive } from '#functions/archive/archive.ts'
import { loadScorer } from '#functions/bundles/scorer.ts'
import { makeEvaluate } from '#functions/counters/evaluate.ts'
import { makeDeliver } from '#functions/deliver/deliver.ts'
import { makeInfer } from '#functions/infer/infer.ts'
import { makeJoin } from '#functions/join/join.ts'
import type { KafkaRecord, OutgoingRecord, Step } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { pipeline } from '#models/pipeline.ts'
import { readFlights } from '../../localstack/replay/flights.ts'
import { merge } from '../../localstack/replay/merge.ts'
import { makeBundle } from '../make-bundle.ts'
import { makeMeter, type Usage } from './cost-meter.ts'

const partitionCount = 6
/** Records a batch: half a second of 100 M a month, two seconds and half a minute of it; half a second of 10 B. */
const loads = { 20: 240, 80: 120, 1150: 16, 2000: 16 } as const

/**
 * What an invocation of each step asks of the stores: round trips one after another, calls, and DynamoDB's units, by the records in its batch.
 *
 * The real steps and adapters on stores in memory; each call takes one turn, so turns count what an invocation waits for. Half of the batches
 * warm up. The stream goes the whole way: events and labels as they come, over six partitions.
 */
export async function benchCosts() {
  const rows: object[] = []
  for (const [records, batches] of Object.entries(loads)) rows.push(...(await measure(Number(records), batches)))
  console.table(rows)
  return { rows }
}

async function measure(batchSize: number, batchCount: number): Promise<object[]> {
  const meter = makeMeter()
  const topics = new Map<string, KafkaRecord[]>()
  const offsets = new Map<string, number>()
  const send = async (records: readonly OutgoingRecord[]) => {
    if (records.length === 0) return
    await meter.call('kafka')
    for (const { topic, key, value } of records) publish(topic, String(key), String(value))
  }
  const publish = (topic: string, key: string, value: string) => {
    const partition = partitionOf(key)
    const place = `${topic}-${partition}`
    const offset = offsets.get(place) ?? 0
    offsets.set(place, offset + 1)
    const record = { topic, partition, offset, recordedAtMs: Date.now(), key: Buffer.from(key), value: Buffer.from(value), headers: [] }
    topics
      .set(topic, topics.get(topic) ?? [])
      .get(topic)!
      .push(record)
  }
  const client = meter.client
  const [table, waiting] = [dynamoPredictions('predictions', client), dynamoWaiting('waiting', client)]
  const ports = { pipeline, send, nowMs: Date.now, table, waiting }
  const scorer = await loadScorer(loadOnnx, makeBundle('v1'), pipeline.definition)
  const newPreprocess = () =>
    makePreprocess({
      pipeline,
      send,
      state: makeWindowState({ plan: pipeline.windows!, store: dynamoState('state', { client }), nowMs: Date.now }),
    })
  const evaluate = () => makeEvaluate({ pipeline, counters: dynamoCounters('counters', client), nowMs: Date.now })
  const archive = makeArchive({ pipeline, store: { put: () => meter.call('put') }, encode: encodeParquet })
  const steps: readonly (readonly [name: string, topic: string, step: Step])[] = [
    ['preprocess', 'events', newPreprocess()],
    ['infer', 'features', makeInfer({ pipeline, models: async () => ({ champion: scorer }), send, nowMs: Date.now })],
    ['deliver', 'predictions', makeDeliver({ ...ports, notify: async () => ({ refusedCount: 0 }) })],
    ['evaluate', 'predictions', evaluate()],
    ['archive', 'predictions', archive],
    ['windows', 'labels', newPreprocess()], // of join's function
    ['join', 'labels', makeJoin(ports)],
    ['evaluate', 'feedback', evaluate()],
  ]
  const waitingFor: Record<string, { readonly key: string; readonly value: string }[]> = { event: [], label: [] }
  const usages = new Map<string, Usage[]>()
  let batches = 0
  for await (const { kind, key, value } of merge(readFlights(batchSize * (batchCount + 40)))) {
    waitingFor[kind].push({ key, value: String(value) })
    if (waitingFor.event.length < batchSize) continue
    for (const side of ['event', 'label'] as const) {
      for (const record of waitingFor[side].splice(0)) publish(`${pipeline.name}.${side}s`, record.key, record.value)
    }
    for (const [name, kindOfTopic, step] of steps) {
      const topic = `${pipeline.name}.${kindOfTopic}`
      const batch = (topics.get(topic) ?? []).toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
      meter.reset()
      await step(batch)
      if (batches >= batchCount / 2) usages.set(`${name}, ${kindOfTopic}`, [...(usages.get(`${name}, ${kindOfTopic}`) ?? []), meter.read()])
    }
    topics.clear()
    if (++batches === batchCount) break
  }
  return [...usages].map(([of, all]) => ({ of, records: batchSize, ...meanOf(all) }))
}

function meanOf(usages: readonly Usage[]) {
  const names = [...new Set(usages.flatMap(usage => Object.keys(usage)))]
  const mean = (name: string) => usages.reduce((sum, usage) => sum + (usage[name] ?? 0), 0) / usages.length
  return Object.fromEntries(names.map(name => [name, Number(mean(name).toFixed(1))]))
}

/** Any spread will do. */
function partitionOf(key: string): number {
  let hash = 7
  for (const byte of Buffer.from(key)) hash = (Math.imul(hash, 31) + byte) >>> 0
  return hash % partitionCount
}
