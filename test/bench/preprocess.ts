import { deflateRawSync } from 'node:zlib'
import { toRecords } from '#functions/adapters/kafka-event.ts'
import { memoryState } from '#functions/adapters/memory-state.ts'
import type { StateItem, StateStore } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { pipeline } from '#models/pipeline.ts'
import { readFlights } from '../../localstack/replay/flights.ts'
import { merge, type StreamRecord } from '../../localstack/replay/merge.ts'
import { toPayload } from './msk-payload.ts'

const batchSize = 5_000
const eventBatches = 40
const partitionCount = 6

/**
 * preprocess alone on one core, from the bytes of Lambda's payload to the bytes of the features, state in memory, Kafka and DynamoDB left out.
 *
 * Batches of 5,000 flights and of 5,000 landings as the stream has them, each batch of one partition in turn. Calls and capacity units are
 * those that DynamoDB would count for the items as they are compressed: a unit to write 1 kB, to read 4 kB consistently.
 */
export async function benchPreprocess() {
  const meter = makeMeter(memoryState())
  const newPreprocess = () =>
    makePreprocess({
      pipeline,
      send: async () => {},
      state: makeWindowState({ plan: pipeline.windows!, store: meter.store, nowMs: Date.now }),
    })
  const [forEvents, forLabels] = [newPreprocess(), newPreprocess()] // two functions' worth of memory, as it would be
  const waiting: Record<'event' | 'label', StreamRecord[]> = { event: [], label: [] }
  const batchCounts = { event: 0, label: 0 }
  const cost = { event: makeCost(), label: makeCost() }
  const startOffsets = new Map<string, number>()

  for await (const record of merge(readFlights((eventBatches + 5) * batchSize))) {
    const kind = record.kind as 'event' | 'label'
    waiting[kind].push(record)
    if (waiting[kind].length < batchSize) continue
    const partition = batchCounts[kind]++ % partitionCount
    const topic = `${pipeline.name}.${kind}s`
    const place = `${topic}-${partition}`
    const firstOffset = startOffsets.get(place) ?? 0
    startOffsets.set(place, firstOffset + batchSize)
    const payload = toPayload(
      topic,
      partition,
      firstOffset,
      waiting[kind].map(({ key, value }) => ({ key, value: String(value) })),
    )
    waiting[kind] = []
    meter.reset()
    const started = process.cpuUsage()
    await (kind === 'event' ? forEvents : forLabels)(toRecords(JSON.parse(payload)))
    const { user, system } = process.cpuUsage(started)
    if (batchCounts[kind] > 5) cost[kind].add((user + system) / batchSize, meter.read())
    if (batchCounts.event === eventBatches + 5) break
  }
  const event = cost.event.mean()
  return {
    batchSize,
    ...event,
    recordsPerSecOnOneCore: 1e6 / event.cpuUsPerRecord,
    aimRecordsPerSec: 60_000,
    aimCalls: 30,
    labels: cost.label.mean(),
  }
}

interface Usage {
  readonly calls: number
  readonly readUnits: number
  readonly writeUnits: number
}

/** Counts calls and capacity units as DynamoDB does; compression is left out of the CPU time, which in Lambda another thread takes. */
function makeMeter(store: StateStore) {
  let usage = { calls: 0, readUnits: 0, writeUnits: 0 }
  const sizes = new Map<string, number>()
  const sizeOf = ({ log, number }: Pick<StateItem, 'log' | 'number'>) => (sizes.get(`${log} ${number}`) ?? 0) + 100
  const readUnits = (items: readonly Pick<StateItem, 'log' | 'number'>[]) =>
    items.reduce((sum, item) => sum + Math.ceil(sizeOf(item) / 4_096), 0)
  const metered: StateStore = {
    async read(places) {
      if (places.length === 0) return []
      usage = { ...usage, calls: usage.calls + 1, readUnits: usage.readUnits + readUnits(places) }
      return store.read(places)
    },
    async readAfter(log, number) {
      const items = await store.readAfter(log, number)
      usage = { ...usage, calls: usage.calls + 1, readUnits: usage.readUnits + Math.max(1, readUnits(items)) }
      return items
    },
    async readLast(log) {
      const item = await store.readLast(log)
      usage = { ...usage, calls: usage.calls + 1, readUnits: usage.readUnits + Math.max(1, readUnits(item ? [item] : [])) }
      return item
    },
    async append(item) {
      sizes.set(`${item.log} ${item.number}`, deflateRawSync(item.body, { level: 1 }).length)
      usage = { ...usage, calls: usage.calls + 1, writeUnits: usage.writeUnits + Math.ceil(sizeOf(item) / 1_024) }
      return store.append(item)
    },
    async put(items) {
      const writesPerCall = 25
      usage = { ...usage, calls: usage.calls + Math.ceil(items.length / writesPerCall) - items.length }
      for (const item of items) await metered.append(item)
    },
    async expire(places, atSec) {
      const writeUnits = places.reduce((sum, place) => sum + Math.ceil(sizeOf(place) / 1_024), 0)
      usage = { ...usage, calls: usage.calls + places.length, writeUnits: usage.writeUnits + writeUnits }
      return store.expire(places, atSec)
    },
  }
  return {
    store: metered,
    reset: () => {
      usage = { calls: 0, readUnits: 0, writeUnits: 0 }
    },
    read: (): Usage => usage,
  }
}

function makeCost() {
  const rows: (Usage & { readonly cpuUsPerRecord: number })[] = []
  const meanOf = (name: keyof (typeof rows)[number]) => rows.reduce((sum, row) => sum + row[name], 0) / rows.length
  return {
    add: (cpuUsPerRecord: number, usage: Usage) => void rows.push({ ...usage, cpuUsPerRecord }),
    mean: () => ({
      batches: rows.length,
      cpuUsPerRecord: meanOf('cpuUsPerRecord'),
      callsPerBatch: meanOf('calls'),
      mostCalls: Math.max(...rows.map(({ calls }) => calls)),
      readUnitsPerBatch: meanOf('readUnits'),
      writeUnitsPerBatch: meanOf('writeUnits'),
    }),
  }
}
