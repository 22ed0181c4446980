import type { StateStore } from '#functions/ports.ts'
import type { Head } from '#functions/state/head.ts'
import { attemptLogs, indexPlace, toPageItems } from '#functions/state/items.ts'
import { encodePage, type PageRecord, sizeOf, toRecord } from '#functions/state/page.ts'
import { type PageRef, toIndexBody, toRootBody } from '#functions/state/slices.ts'
import { toAttempt } from '#functions/state/snapshots.ts'
import { logNames } from '#functions/state/stored.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { toOp } from '#models/windows/op.ts'
import { storeKey } from '#models/windows/snapshot.ts'
import { openWindows } from '#models/windows/windows.ts'
import { historyOf, makeBatch, pipeline, startMs } from './cards.ts'

const plan = pipeline.windows!
const kindOf = { events: 0, labels: 1 } as const

/** The records of all keys, in the order of their hashes; windows are made for some keys at a time. */
function makeRecords(keyCount: number): PageRecord[] {
  const records: PageRecord[] = []
  for (let from = 0; from < keyCount; from += 10_000) {
    const windows = openWindows(plan)
    plan.sources.forEach((_, source) => void windows.advance(source, startMs))
    for (let key = from; key < Math.min(keyCount, from + 10_000); key++) {
      let name = ''
      for (const { kind, row } of historyOf(key)) {
        windows.apply(kindOf[kind], toOp(plan.sources[kindOf[kind]], row))
        name = row.card as string
      }
      records.push(toRecord(plan, storeKey(windows, name)!))
    }
  }
  return records.sort((a, b) => a.hash - b.hash)
}

/** Writes a snapshot of a state of that many keys, as the state itself would have cut it, and the entries that came since. */
export async function buildState(
  store: StateStore,
  options: { keyCount: number; pageBytes: number; slicePages: number; tailBatches: number },
) {
  const { keyCount, pageBytes, slicePages, tailBatches } = options
  const { snapshots } = logNames(plan)
  const attempt = toAttempt(1, 1)
  const pages: PageRef[] = []
  let page: PageRecord[] = []
  let bytes = 0
  const write = async () => {
    const ref = { attempt, at: pages.length }
    const items = toPageItems(attemptLogs.page(snapshots, ref), encodePage(page))
    for (const item of items) await store.append(item)
    const marks = Uint16Array.from(page, ({ hash }) => hash & 0xffff)
    pages.push({ ...ref, fromHash: page[0].hash, itemCount: items.length, bytes, marks })
    page = []
    bytes = 0
  }
  for (const record of makeRecords(keyCount)) {
    if (bytes >= pageBytes && record.hash !== page[page.length - 1].hash) await write()
    page.push(record)
    bytes += sizeOf(record)
  }
  await write()
  const heads: Readonly<Record<string, Head>> = { 'cards.labels-0': { number: 0, lastOffset: -1, newestMs: startMs } }
  const slices = Array.from({ length: Math.ceil(pages.length / slicePages) }, (_, at) => {
    const own = pages.slice(at * slicePages, (at + 1) * slicePages)
    return { fromHash: at === 0 ? 0 : own[0].fromHash, attempt, at, pages: own }
  })
  for (const { at, pages } of slices) {
    await store.append({
      ...indexPlace(snapshots, { attempt, at }),
      body: toIndexBody({ heads, pages, previous: undefined }),
      expiresAtSec: 0,
    })
  }
  await store.append({ log: snapshots, number: 1, body: toRootBody({ slices, heads }, plan), expiresAtSec: 0 })

  const state = makeWindowState({
    plan,
    store,
    nowMs: () => startMs,
    tailBytes: Number.POSITIVE_INFINITY,
    snapshotEvery: Number.POSITIVE_INFINITY,
    wholeBytes: -1,
  })
  for (let batch = 0; batch < tailBatches; batch++) {
    const visits = makeBatch(keyCount, batch).map(({ topic, partition, offset, value }) => {
      const op = toOp(plan.sources[0], JSON.parse(String(value)))
      return { place: `${topic}-${partition}`, offset, op, keys: () => [], visit: () => true }
    })
    await state.visit(Map.groupBy(visits, ({ place }) => place))
  }
  return { pages: pages.length, slices: slices.length, pageBytes: pages.reduce((sum, { bytes }) => sum + bytes, 0) }
}
