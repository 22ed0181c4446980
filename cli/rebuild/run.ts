import { setTimeout as sleep } from 'node:timers/promises'
import type { ObjectStore, StateStore } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import { readRebuild, type Wholeness, writeRebuild } from '#functions/state/sources.ts'
import { logNames, readHeads, readWholeness } from '#functions/state/stored.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { isTable } from '#models/windows/joined-rows.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import { type ArchiveReader, makeArchiveReader } from '../replay/archive-reader.ts'
import { indexTopic } from './archive-index.ts'
import { mergeFeeds, type PartitionFeed } from './feed.ts'
import { missingCount, type PartitionOffsets, toCut } from './offsets.ts'
import { findSpan } from './span.ts'

export interface RebuildPorts {
  readonly pipeline: Pipeline
  readonly archive: Pick<ObjectStore, 'get' | 'list'>
  readonly state: StateStore
  /** How far preprocess and archive have read. */
  readonly readOffsets: () => Promise<readonly PartitionOffsets[]>
  readonly nowMs: () => number
}

export interface RebuildOptions {
  /** How long to wait for the archive to hold what preprocess has counted. */
  readonly waitMs: number
  /** Records of a batch; 10,000 unless told. */
  readonly recordsAtOnce?: number
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** What a rebuild did. */
export interface RebuildReport {
  readonly layout: string
  /** Whether the state of this layout began with a rebuild; else it began by itself, and only what it had missed since was added. */
  readonly isFromArchive: boolean
  readonly partitions: readonly { readonly source: string; readonly fromOffset: number; readonly toOffset: number }[]
  /** Partitions of tables whose first records the archive does not hold: rows that were written then and never since are not known. */
  readonly cutTables: readonly string[]
  /** Records that were read from the archive. */
  readonly records: number
  /** What the step preprocess counted of them. */
  readonly counts: Readonly<Record<string, number>>
  /** Records that preprocess went on by meanwhile, and that the new state does not hold. */
  readonly behind: number
  readonly wholeness: Wholeness
}

const lookEveryMs = 2_000
/**
 * A batch goes through preprocess one partition after another. Windows come out the same in any order; of two events with one id the first is
 * the one that counts, so that no partition may run ahead where repeats are looked for.
 */
const repeatSpanMs = 60_000

/**
 * Lets the step preprocess count archived records in the state of the definition's layout, up to where it goes on live; nothing is sent.
 *
 * A second run goes on where the first ended, whether that came to its end or died.
 *
 * @throws ARGUMENT_INVALID for a definition that remembers nothing; PREREQUISITE_MISSING where the archive stays behind
 */
export async function runRebuild(ports: RebuildPorts, options: RebuildOptions): Promise<RebuildReport> {
  const { pipeline, archive, state: store, readOffsets, nowMs } = ports
  const { windows: plan } = pipeline
  if (!plan)
    throw new MillraceError('ARGUMENT_INVALID', `${pipeline.name} has no aggregates, inputs or repeats: there is nothing to rebuild`)
  const offsets = await awaitArchive(readOffsets, options)
  const logs = logNames(plan)
  const [wholeness, earlier] = [await readWholeness(store, plan), await readRebuild(store, logs.rebuilds)]
  const isFromArchive = wholeness.kind === 'none' || earlier !== undefined
  const reader = makeArchiveReader(archive)
  const { feeds, wholeFromMs, cutTables } = await planFeeds(ports, plan, reader, offsets)
  const rebuild = earlier ?? { wholeFromMs, isDone: false }
  if (isFromArchive) await writeRebuild(store, logs.rebuilds, { ...rebuild, isDone: false })

  const state = makeWindowState({ plan, store, nowMs })
  const step = makePreprocess({ pipeline, state, send: async () => {} })
  const eventsTopic = topicName(pipeline.name, 'events')
  /** Makes a snapshot if one is due, as preprocess does with events only: a cold start reads all that came since. */
  const look = async () => {
    await state.visit(new Map())
    await state.snapshot()
  }
  const total = feeds.reduce((sum, { fromOffset, toOffset }) => sum + Math.max(0, toOffset - fromOffset), 0)
  const counts: Record<string, number> = {}
  let records = 0
  const spanMs = plan.repeatAt < 0 ? Number.POSITIVE_INFINITY : repeatSpanMs
  const { recordsAtOnce = 10_000 } = options
  for await (const batch of mergeFeeds(reader, feeds, { spanMs, recordsAtOnce })) {
    if (options.signal?.aborted)
      throw new MillraceError('STORE_FAILED', `stopped after ${records} of ${total} records; run it again to go on`)
    for (const [name, count] of Object.entries((await step(batch)).counts)) counts[name] = (counts[name] ?? 0) + count
    if (batch.every(({ topic }) => topic !== eventsTopic)) await look()
    records += batch.length
    options.onProgress?.(records, total)
  }
  await look()
  if (isFromArchive) await writeRebuild(store, logs.rebuilds, { ...rebuild, isDone: true })

  const cuts = new Map(offsets.map(each => [toSource(each), toCut(each)]))
  return {
    layout: plan.layout,
    isFromArchive,
    partitions: feeds.map(({ topic, partition, fromOffset, toOffset }) => ({
      source: toSource({ topic, partition }),
      fromOffset,
      toOffset,
    })),
    cutTables,
    records,
    counts,
    behind: (await readOffsets()).reduce((sum, each) => sum + Math.max(0, each.counted - (cuts.get(toSource(each)) ?? 0)), 0),
    wholeness: await readWholeness(store, plan),
  }
}

/** Waits until the archive holds all that preprocess has counted. */
async function awaitArchive(
  readOffsets: RebuildPorts['readOffsets'],
  { waitMs, signal }: RebuildOptions,
): Promise<readonly PartitionOffsets[]> {
  for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
    const offsets = await readOffsets()
    const behind = offsets.filter(each => missingCount(each) > 0)
    if (behind.length === 0) return offsets
    if (waitedMs >= waitMs) {
      const [{ topic, partition, archive, counted }] = behind
      const count = behind.reduce((sum, each) => sum + missingCount(each), 0).toLocaleString('en')
      const first = `${topic}-${partition} is archived up to ${Math.max(archive, 0)} and counted up to ${counted}`
      const message = `the archive lacks ${count} records that were counted live: ${first}; wait for the step archive, or see why it stands`
      throw new MillraceError('PREREQUISITE_MISSING', message)
    }
    if (signal?.aborted) throw new MillraceError('PREREQUISITE_MISSING', 'stopped while the archive was waited for; nothing was written')
    await sleep(Math.min(lookEveryMs, waitMs))
  }
}

/** What is to be read of each partition: from where windows reach back to, or from where the state already stands. */
async function planFeeds(
  { pipeline, state }: RebuildPorts,
  plan: WindowPlan,
  reader: ArchiveReader,
  offsets: readonly PartitionOffsets[],
): Promise<{ readonly feeds: PartitionFeed[]; readonly wholeFromMs: number | null; readonly cutTables: string[] }> {
  const heads = await readHeads(state, plan)
  const feeds: PartitionFeed[] = []
  const cutTables: string[] = []
  let wholeFromMs: number | null = null
  for (const source of plan.sources) {
    const topic = `${pipeline.name}.${source.name}`
    const objects = await indexTopic(reader, topic)
    const partitions = offsets
      .filter(each => each.topic === topic)
      .map(each => ({ topic, partition: each.partition, objects: objects.get(each.partition) ?? [], cut: toCut(each) }))
    if (partitions.length === 0) continue
    const span = await findSpan(reader, pipeline, source, partitions)
    if (span.wholeFromMs !== null) wholeFromMs = Math.max(wholeFromMs ?? Number.NEGATIVE_INFINITY, span.wholeFromMs)
    for (const { partition, objects, cut } of partitions) {
      const inSpan = objects.filter(({ hourStartMs }) => hourStartMs >= span.fromHourMs)
      const head = heads.get(toSource({ topic, partition }))
      const fromOffset = head ? head.lastOffset + 1 : Math.min(cut, ...inSpan.map(({ firstOffset }) => firstOffset))
      feeds.push({ topic, partition, objects: inSpan, fromOffset, toOffset: cut })
      if (source.joins.some(isTable) && !head && fromOffset > 0) cutTables.push(toSource({ topic, partition }))
    }
  }
  return { feeds, wholeFromMs, cutTables }
}

function toSource({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}-${partition}`
}
