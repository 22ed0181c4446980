import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { countPartition } from '#functions/counters/count-partition.ts'
import type { CountedRow } from '#functions/counters/rows.ts'
import { makeRandom } from '#models/random.ts'
import { bytesOfItem, type Item } from '../dynamo-limits.ts'
import { makePrediction } from '../fixtures.ts'
import { memoryDynamo } from '../memory-dynamo.ts'

const partitionCounts = [6, 20, 50]
const labelsPerBatch = [20, 1_000]
const labelsCounted = 40_000
/** Labels that are rejected, or wait while later ones come: gaps that are nobody else's. */
const gapRatio = 0.01
/** A transaction costs twice the write units of its items, one a kilobyte. */
const unitsOf = (bytes: number) => 2 * Math.ceil(bytes / 1_024)

/** What evaluate writes of a feedback partition, by the label partitions that its rows may come from and by whether labels have keys. */
export async function benchCounters() {
  const rows: object[] = []
  for (const batch of labelsPerBatch) {
    for (const partitionCount of partitionCounts) {
      for (const labels of ['keyed', 'unkeyed'] as const) rows.push(await measure(partitionCount, labels, batch))
    }
  }
  return { counters: rows }
}

async function measure(partitionCount: number, labels: 'keyed' | 'unkeyed', batch: number) {
  const { client, calls, itemsOf } = memoryDynamo()
  const store = dynamoCounters('counters', client)
  const random = makeRandom(1)
  const next = Array.from({ length: partitionCount }, () => 10_000_000 + Math.floor(random() * 1e7))
  const drawRow = (): CountedRow => {
    const partition = labels === 'keyed' ? 0 : Math.floor(random() * partitionCount)
    const others = labels === 'keyed' ? 1 : partitionCount // of so many labels of a partition one is ours
    do next[partition]++
    while (random() > (1 - gapRatio) / others)
    const prediction = makePrediction({ score: random(), shadows: [{ model: 'm2', score: random() }] })
    return { prediction, target: random() < 0.3 ? 1 : 0, source: { topic: 'flights.labels', partition, offset: next[partition] } }
  }
  const bytes = { guard: 0, pages: 0, rest: 0 }
  const units = { guard: 0, pages: 0, rest: 0 }
  let largestGuardBytes = 0
  const batches = Math.ceil(labelsCounted / batch)
  for (let at = 0; at < batches; at++) {
    calls.length = 0
    const rows = Array.from({ length: batch }, drawRow)
    await countPartition({ store, positiveAtLeast: 0.5, expiresAtSec: 1_800_000_000 }, 'flights.feedback-0', rows)
    for (const item of calls.flatMap(toWritten)) {
      const kind = item.name.S === 'guard' ? 'guard' : item.name.S!.startsWith('page/') ? 'pages' : 'rest'
      bytes[kind] += bytesOfItem(item)
      units[kind] += unitsOf(bytesOfItem(item))
      if (kind === 'guard') largestGuardBytes = Math.max(largestGuardBytes, bytesOfItem(item))
    }
  }
  const perBatch = (sums: typeof bytes) =>
    Object.fromEntries(Object.entries(sums).map(([kind, sum]) => [kind, +(sum / batches).toFixed(1)]))
  return {
    labels,
    partitionCount,
    labelsPerBatch: batch,
    bytesPerBatch: perBatch(bytes),
    writeUnitsPerBatch: perBatch(units),
    largestGuardBytes,
    items: itemsOf('counters').length,
  }
}

function toWritten({ operation, input }: { readonly operation: string; readonly input: object }): Item[] {
  if (operation !== 'TransactWriteItems') return []
  return (input as { readonly TransactItems: readonly { readonly Put: { readonly Item: Item } }[] }).TransactItems.map(
    ({ Put }) => Put.Item,
  )
}
