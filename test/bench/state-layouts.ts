import { deflateRawSync } from 'node:zlib'
import { pipeline } from '#models/pipeline.ts'
import { storeWindows } from '#models/windows/snapshot.ts'
import { openWindows, type Windows } from '#models/windows/windows.ts'
import { readFlights } from '../../localstack/replay/flights.ts'
import { merge } from '../../localstack/replay/merge.ts'

const batchSize = 5_000
const warmUp = 20_000
const partitionCount = 6
const keysPerPage = 32
const itemOverheadBytes = 100

/** What one batch of 5,000 landings of one partition, and one of 5,000 flights, would cost in DynamoDB. */
interface LayoutCost {
  /** To count the landings: calls, and units written; reads before the write included. */
  readonly labelCalls: number
  readonly labelReadUnits: number
  readonly labelWriteUnits: number
  /** To show the flights their windows, with a warm cache that must be checked. */
  readonly eventReadCalls: number
  readonly eventReadUnits: number
  /** Share of the items that the other partitions' writers write as well in the same time, so that conditional writes meet. */
  readonly conflictRatio: number
}

/**
 * The layouts that were weighed for the state, by the sizes of flights' real rings after 20,000 landings: items are JSON, compressed.
 *
 * The log's own figures are measured by `npm run bench -- preprocess`.
 */
export async function benchStateLayouts(): Promise<Readonly<Record<string, LayoutCost>>> {
  const windows = openWindows(pipeline.windows!)
  const touched = new Set<string>()
  const perPartition = openWindows(pipeline.windows!)
  let labels = 0
  for await (const { kind, value } of merge(readFlights(warmUp + 2 * batchSize))) {
    if (kind !== 'label') continue
    const landing = JSON.parse(String(value))
    windows.applyLabel(landing)
    if (labels % partitionCount === 0) perPartition.applyLabel(landing)
    if (labels >= warmUp) for (const airport of [`left ${landing.origin}`, `arrived ${landing.destination}`]) touched.add(airport)
    if (++labels === warmUp + batchSize) break
  }
  const items = ringsOf(windows).map(sizeOf)
  const partialItems = ringsOf(perPartition).map(sizeOf)
  const pages = cutPages(ringsOf(perPartition))
  const [itemCount, pageCount] = [touched.size, pages.length]
  const batchReads = (count: number) => Math.ceil(count / 100)
  const perKey = {
    labelReadUnits: units(items, 4_096),
    labelWriteUnits: units(items, 1_024),
    eventReadCalls: batchReads(itemCount),
    eventReadUnits: units(items, 4_096),
    conflictRatio: 1, // every partition has flights of nearly every airport
  }
  return {
    'one item a key, optimistic locking': { labelCalls: batchReads(itemCount) + itemCount, ...perKey },
    'the same in transactions of 100': { labelCalls: 2 * batchReads(itemCount), ...perKey, labelWriteUnits: 2 * perKey.labelWriteUnits },
    'single-writer items a key and partition': {
      labelCalls: itemCount,
      labelReadUnits: 0,
      labelWriteUnits: units(partialItems, 1_024),
      eventReadCalls: batchReads(itemCount * partitionCount),
      eventReadUnits: units(partialItems, 4_096) * partitionCount,
      conflictRatio: 0,
    },
    'single-writer pages of 32 keys': {
      labelCalls: pageCount,
      labelReadUnits: 0,
      labelWriteUnits: units(pages, 1_024),
      eventReadCalls: batchReads(pageCount * partitionCount),
      eventReadUnits: units(pages, 4_096) * partitionCount,
      conflictRatio: 0,
    },
  }
}

function ringsOf(windows: Windows) {
  return [...storeWindows(windows)].flatMap(({ key, rings }) => rings.map(ring => ({ ...ring, key })))
}

function sizeOf(item: unknown): number {
  return deflateRawSync(JSON.stringify(item), { level: 1 }).length + itemOverheadBytes
}

function cutPages(items: readonly unknown[]): number[] {
  return Array.from({ length: Math.ceil(items.length / keysPerPage) }, (_, page) =>
    sizeOf(items.slice(page * keysPerPage, (page + 1) * keysPerPage)),
  )
}

function units(sizes: readonly number[], unitBytes: number): number {
  return sizes.reduce((sum, bytes) => sum + Math.ceil(bytes / unitBytes), 0)
}
