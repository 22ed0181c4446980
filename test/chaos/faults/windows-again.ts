import { decodeCounted } from '#functions/features/decode-op.ts'
import type { KafkaRecord, StateStore } from '#functions/ports.ts'
import { toColumnEntry } from '#functions/state/entry.ts'
import { emptyFold, foldEntry } from '#functions/state/fold.ts'
import { readSources } from '#functions/state/sources.ts'
import { logNames, openFold } from '#functions/state/stored.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { storeWindows } from '#models/windows/snapshot.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import { openWindows, type Windows } from '#models/windows/windows.ts'

/** The windows of the state table, once from the newest snapshot and what came after it, and once from all entries of the logs. */
export async function readStateWindows(
  store: StateStore,
  plan: WindowPlan,
): Promise<{ readonly fromSnapshot: Windows; readonly fromLogs: Windows }> {
  const logs = logNames(plan)
  const fold = emptyFold(plan)
  for (const source of await readSources(store, logs.sources, 0)) {
    for (const item of await store.readAfter(logs.of(source), 0)) foldEntry(fold, source, toColumnEntry(item))
  }
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

/** Rings and joins, by number and key, in which two windows differ: only what is still held counts. */
export function compareWindows(a: Windows, b: Windows): string[] {
  const [mine, theirs] = [toTexts(a), toTexts(b)]
  return [...new Set([...mine.keys(), ...theirs.keys()])].filter(name => mine.get(name) !== theirs.get(name))
}

function toTexts(windows: Windows): Map<string, string> {
  const texts = new Map<string, string>()
  for (const { key, rings, rows } of storeWindows(windows)) {
    for (const { join, ...stored } of rows) texts.set(`join ${join} ${key}`, JSON.stringify(stored))
    for (const { ring, ...stored } of rings) texts.set(`${ring} ${key}`, JSON.stringify(stored))
  }
  return texts
}
