import type { KafkaRecord } from '#functions/ports.ts'
import { definePipeline } from '#models/define.ts'
import { number, text, timeMs } from '#models/fields.ts'
import { makeRandom } from '#models/random.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
export const startMs = Date.UTC(2026, 0, 1)

const card = (payment: { readonly card: string }) => payment.card
const cents = (payment: { readonly cents: number }) => payment.cents
const over = { over: 'events', by: card } as const

/** Payments by card, in four rings. */
export const pipeline = definePipeline({
  name: 'cards',
  event: { id: text({ max: 64 }), atMs: timeMs(), card: text({ max: 64 }), cents: number({ min: 0 }) },
  id: 'id',
  time: 'atMs',
  aggregates: {
    count10m: { ...over, stat: 'count', windowMs: 10 * minuteMs, bucketMs: minuteMs },
    spent10m: { ...over, value: cents, stat: 'sum', resolution: 1, windowMs: 10 * minuteMs, bucketMs: minuteMs },
    count1d: { ...over, stat: 'count', windowMs: dayMs, bucketMs: 2 * hourMs },
    mean1d: { ...over, value: cents, stat: 'mean', resolution: 1, windowMs: dayMs, bucketMs: 2 * hourMs },
    most7d: { ...over, value: cents, stat: 'max', resolution: 1, windowMs: 7 * dayMs, bucketMs: dayMs },
    back30d: {
      over: 'labels',
      by: card,
      read: card,
      value: (verdict: { readonly isBack: number }) => verdict.isBack,
      stat: 'mean',
      windowMs: 30 * dayMs,
      bucketMs: 5 * dayMs,
    },
  },
  lateness: { allowedMs: hourMs, later: 'amend' },
  features: {
    cents: payment => payment.cents,
    count10m: (_payment, _rows, { count10m }) => count10m,
    spent10m: (_payment, _rows, { spent10m }) => spent10m,
    count1d: (_payment, _rows, { count1d }) => count1d,
    mean1d: (_payment, _rows, { mean1d }) => mean1d,
    most7d: (_payment, _rows, { most7d }) => most7d,
    back30d: (_payment, _rows, { back30d }) => back30d,
  },
  label: {
    fields: { id: text({ max: 64 }), atMs: timeMs(), card: text({ max: 64 }), isBack: number() },
    id: 'id',
    time: 'atMs',
    isPositive: verdict => verdict.isBack === 1,
    arrivesWithinMs: 30 * dayMs,
  },
  retrain: { everyMs: dayMs, windowMs: dayMs },
  decide: { positiveAtLeast: 0.5 },
})

export const batchSize = 5_000
export const partitionCount = 6
/** Of all keys, those that a batch has records of. */
export const activeRatio = 0.005

/** Between batches: at a million keys each comes every six hours or so. */
const batchMs = 100_000

export const nameOf = (key: number) => `card ${String(key).padStart(12, '0')}`

/** The n-th batch of payments: of one partition, of as many cards as are active at a time, drawn anew for each. */
export function makeBatch(keyCount: number, batch: number): KafkaRecord[] {
  const random = makeRandom(batch + 1)
  const active = Array.from({ length: Math.max(1, Math.round(keyCount * activeRatio)) }, () => Math.floor(random() * keyCount))
  const firstOffset = Math.floor(batch / partitionCount) * batchSize
  return Array.from({ length: batchSize }, (_, at) => {
    const atMs = startMs + batch * batchMs + at
    const payment = { id: `p${batch}-${at}`, atMs, card: nameOf(active[at % active.length]), cents: Math.floor(random() * 10_000) }
    return {
      topic: 'cards.events',
      partition: batch % partitionCount,
      offset: firstOffset + at,
      recordedAtMs: atMs,
      key: Buffer.from(payment.card),
      value: Buffer.from(JSON.stringify(payment)),
      headers: [],
    }
  })
}

/** What had come of a card before: four payments of the last day, one of each day before, two verdicts. */
export function* historyOf(
  key: number,
): Generator<{ readonly kind: 'events' | 'labels'; readonly row: Readonly<Record<string, unknown>> }> {
  const random = makeRandom(key)
  const phase = Math.floor(random() * 6 * hourMs)
  for (let day = 6; day > 0; day--) yield { kind: 'events', row: toRow(key, startMs - day * dayMs - phase, random) }
  for (let quarter = 3; quarter >= 0; quarter--) yield { kind: 'events', row: toRow(key, startMs - quarter * 6 * hourMs - phase, random) }
  for (const day of [12, 3])
    yield { kind: 'labels', row: { ...toRow(key, startMs - day * dayMs - phase, random), isBack: Number(random() < 0.1) } }
}

const toRow = (key: number, atMs: number, random: () => number) => ({ atMs, card: nameOf(key), cents: Math.floor(random() * 10_000) })
