import { memoryStore } from '#functions/adapters/memory-store.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { makeArchive } from '#functions/archive/archive.ts'
import type { KafkaRecord, StateStore } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { definePipeline } from '#models/define.ts'
import { number, text, timeMs } from '#models/fields.ts'
import { asFeatures } from '#models/windows/spread.ts'
import type { PartitionOffsets } from '../../../cli/rebuild/offsets.ts'
import { makeRecord, toLine } from '../../checks/step-checks.ts'

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs
export const startMs = Date.UTC(2026, 9, 1)
const dayCount = 10
const everyMs = 12 * 60_000

const card = (row: { card: string }) => row.card
const cents = (row: { cents: number }) => row.cents
const paid1h = { over: 'events', by: card, value: cents, stat: 'sum', windowMs: hourMs } as const
const back1d = {
  over: 'labels',
  by: card,
  read: card,
  value: (verdict: { isBack: number }) => verdict.isBack,
  stat: 'mean',
  windowMs: dayMs,
} as const

const base = {
  name: 'pay',
  event: { id: text(), atMs: timeMs(), card: text(), cents: number({ min: 0 }) },
  id: 'id',
  time: 'atMs',
  label: {
    fields: { id: text(), atMs: timeMs(), card: text(), isBack: number() },
    id: 'id',
    time: 'atMs',
    isPositive: (verdict: { isBack: number }) => verdict.isBack > 0,
    arrivesWithinMs: dayMs,
  },
  retrain: { everyMs: dayMs, windowMs: dayMs },
  decide: { positiveAtLeast: 0.5 },
} as const

function define<const A extends object>(aggregates: A, revision = 1) {
  return definePipeline({
    ...base,
    clean: { repeatsWithinMs: 2 * hourMs },
    inputs: {
      limits: { fields: { limit: number() }, table: true, read: (payment: { card: string }) => payment.card },
      logins: { fields: { atMs: timeMs(), card: text() }, time: 'atMs', join: { by: card, read: card, withinMs: 3 * hourMs } },
    },
    aggregates: aggregates as Readonly<Record<never, never>>,
    lateness: { allowedMs: hourMs, later: 'reject' },
    revision,
    features: {
      limit: (_payment: unknown, { limits }: { limits: { limit: number } | undefined }) => limits?.limit ?? null,
      sinceLogin: (payment: { atMs: number }, { logins }: { logins: { atMs: number } | undefined }) =>
        logins ? payment.atMs - logins.atMs : null,
      ...asFeatures(aggregates),
    },
  })
}

/** The definition that runs, and the one that it is changed to. */
export const before = define({ paid1h })
export const after = define({
  paid1h,
  paid6h: { ...paid1h, windowMs: 6 * hourMs },
  shops1d: { ...paid1h, value: (payment: { id: string }) => payment.id, stat: 'distinct', windowMs: dayMs },
  back1d,
  logins1d: { over: 'logins', by: card, read: card, stat: 'count', windowMs: dayMs },
})
/** Windows over labels alone. */
export const labelsOnly = definePipeline({ ...base, aggregates: { back1d }, features: asFeatures({ back1d }) })
export const revised = define({ paid1h }, 2)

const cardOf = (at: number) => `card ${(at * at) % 17}`

/** A payment every twelve minutes for ten days; a tenth are late, repeats, or no payments. Tables are written on the first day only. */
export function makeBatches(): KafkaRecord[][] {
  const offsets = new Map<string, number>()
  const batches: KafkaRecord[][] = []
  const put = (topic: string, partition: number, recordedAtMs: number, value: object | null, key?: string) => {
    const offset = offsets.get(`${topic}-${partition}`) ?? 0
    offsets.set(`${topic}-${partition}`, offset + 1)
    const record = makeRecord(value, { topic, partition, offset, recordedAtMs, ...(key ? { key: Buffer.from(key) } : {}) })
    const last = batches.at(-1)
    const isSame = last?.[0].topic === topic && last[0].partition === partition && last.length < 7
    if (isSame) last.push(record)
    else batches.push([record])
  }
  for (let at = 0; at < 12; at++) put('pay.limits', 0, startMs, { limit: 100 * at }, `card ${at}`)
  put('pay.limits', 0, startMs, null, 'card 3')
  for (let at = 0; at < (dayCount * dayMs) / everyMs; at++) {
    const nowMs = startMs + at * everyMs
    const partition = (at >> 2) % 2
    const lateMs = at % 31 === 0 ? 2 * hourMs : at % 13 === 0 ? hourMs / 2 : 0
    const id = at % 29 === 0 ? `p${at - 4}` : `p${at}`
    const payment = { id, atMs: nowMs - lateMs, card: cardOf(at), cents: at % 37 === 0 ? -1 : (at * 7) % 100 }
    put('pay.events', partition, nowMs + 1_000, payment)
    if (at % 3 === 0) put('pay.labels', partition, nowMs + 2_000, { id, atMs: nowMs, card: cardOf(at - 9), isBack: at % 2 })
    if (at % 5 === 0) put('pay.logins', 0, nowMs + 2_000, { atMs: nowMs - 60_000, card: cardOf(at + 1) })
  }
  return batches
}

type Definition = typeof before

/** Lets a definition's step preprocess run over batches, by three functions in turn; what it sends. */
export async function preprocess(pipeline: Definition, store: StateStore, batches: readonly (readonly KafkaRecord[])[]): Promise<string[]> {
  const lines: string[] = []
  const steps = [0, 1, 2].map(() => {
    const state = makeWindowState({ plan: pipeline.windows!, store, nowMs: () => startMs, snapshotEvery: 30 })
    return makePreprocess({ pipeline, state, send: async records => void lines.push(...records.map(toLine)) })
  })
  for (const [at, batch] of batches.entries()) await steps[at % 3](batch)
  return lines
}

/** An archive of these batches, some of which came twice and were cut elsewhere. */
export async function archiveOf(batches: readonly (readonly KafkaRecord[])[]) {
  const archive = memoryStore()
  const step = makeArchive({ pipeline: before, store: archive, encode: encodeParquet })
  for (const [at, batch] of batches.entries()) {
    await step(batch)
    if (at % 9 === 0 && batch.length > 2) await step(batch.slice(1, -1))
  }
  return archive
}

/** How far both steps are after these batches. */
export function offsetsAfter(
  preprocessed: readonly (readonly KafkaRecord[])[],
  archived: readonly (readonly KafkaRecord[])[] = preprocessed,
): PartitionOffsets[] {
  const partitions = [
    ['events', 0],
    ['events', 1],
    ['labels', 0],
    ['labels', 1],
    ['limits', 0],
    ['logins', 0],
  ] as const
  const next = (batches: readonly (readonly KafkaRecord[])[], topic: string, partition: number) =>
    batches.flat().reduce((next, record) => (record.topic === topic && record.partition === partition ? record.offset + 1 : next), -1)
  return partitions.map(([name, partition]) => {
    const topic = `pay.${name}`
    return {
      topic,
      partition,
      lowOffset: 0,
      counted: next(preprocessed, topic, partition),
      archive: next(archived, topic, partition),
    }
  })
}
