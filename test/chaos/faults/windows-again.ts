import { decodeCounted } from '#functions/features/decode-op.ts'
import type { KafkaRecord, StateStore } from '#functions/ports.ts'
import { emptyFold } from '#functions/state/fold.ts'
import { foldToEnd } from '#functions/state/logs.ts'
import { readSources } from '#functions/state/sources.ts'
import { logNames, openFold } from '#functions/state/stored.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { storeTables, storeWindows } from '#models/windows/snapshot.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import { openWindows, type Windows } from '#models/windows/windows.ts'

/** The windows of the state table, once from the newest snapshot and what came after it, and once from all entries of the logs. */
export async function readStateWindows(
  store: StateStore,
  plan: WindowPlan,
): Promise<{ readonly fromSnapshot: Windows; readonly fromLogs: Windows }> {
  const logs = logNames(plan)
  const fold = emptyFold(plan)
  for (const source of await readSources(store, logs.sources, 0)) await foldToEnd(store, fold, source, logs.of(source))
  return { fromSnapshot: (await openFold(store, plan)).fold.windows, fromLogs: fold.windows }
}

/** The windows that archived records make, each counted once. */
export function recomputeWindows(pipeline: Pipeline, plan: WindowPlan, records: Iterable<KafkaRecord>): Windows {
  const windows = openWindows(plan)
  for (const record of records) {
    const kind = plan.sources.findIndex(({ name }) => record.topic === `${pipeline.name}.${name}`)
    const counted = decodeCounted(pipeline, plan.sources[kind], record)
    if (counted) windows.apply(kind, counted.op)
  }
  return windows
}

/** Rings, by number and key, in which two windows differ; only buckets that are still held count, for older ones may be there or not. */
export function compareWindows(a: Windows, b: Windows): string[] {
  const [mine, theirs] = [toTexts(a), toTexts(b)]
  return [...new Set([...mine.keys(), ...theirs.keys()])].filter(name => mine.get(name) !== theirs.get(name))
}

function toTexts(windows: Windows): Map<string, string> {
  const texts = new Map<string, string>()
  for (const stored of [...storeWindows(windows), ...storeTables(windows)]) {
    if (!('ring' in stored)) {
      texts.set(`join ${stored.join} ${stored.key}`, JSON.stringify(stored))
      continue
    }
    const { ring, key, buckets, sums, kept, sketches } = stored
    const { bucketMs, bucketCount, source, sumCount, keptCount, sketchCount } = windows.plan.rings[ring]
    const oldest = Math.floor(windows.newestMs(source) / bucketMs) - bucketCount + 1
    const from = buckets.findIndex(bucket => bucket >= oldest)
    if (from < 0) continue
    const held = [buckets.slice(from), sums.slice(from * sumCount), kept.slice(from * keptCount), sketches.slice(from * sketchCount)]
    texts.set(`${ring} ${key}`, JSON.stringify(held))
  }
  return texts
}
