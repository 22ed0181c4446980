import { type LabelsSoFar, noLabels } from '#models/task/yes-no/counters.ts'
import type { CounterItem, CounterKey, CounterStore } from '../ports.ts'
import type { Source } from '../records.ts'
import { pageName } from './names.ts'
import type { CountedRow } from './rows.ts'
import { addOffset, cutSpans, fromDeltas, hasOffset, type Spans, toDeltas, uniteSpans } from './spans.ts'

/**
 * What has been counted of a partition, by the places that its rows have in topics `events` or `labels`: what comes again adds nothing.
 *
 * Rows of one partition may come from all partitions of those topics, in any order, with the other partitions' offsets as gaps between
 * theirs. So the guard holds the latest ones only; when it has too many spans, they move to pages, an item for each `offsetsPerPage` offsets
 * of a source partition, where they can be looked up for as long as the table keeps them.
 */
export interface Guard {
  /** The labels of the partition so far, whichever model scored their rows: what the baselines guess from. */
  readonly labels: LabelsSoFar
  readonly sources: ReadonlyMap<string, CountedOffsets>
}

/** The offsets of one source partition. */
interface CountedOffsets {
  /** The largest that is in a page: of those above it no page knows, and none is read. -1: there is no page. */
  readonly movedTo: number
  /** Those that are in no page yet. */
  readonly spans: Spans
}

/** Pages that may know some rows, by their names. */
export type Pages = ReadonlyMap<string, Spans>

/** A page of the densest mixture takes 2 kB compressed. */
const offsetsPerPage = 16_384
/** Spans of a guard, about 1.5 bytes each compressed. With many sources it holds more, so that what moves to a page is worth its write. */
const spansAtMost = 1_000
const spansPerSource = 10
/** Pages read and written in one call. */
const pagesPerCall = 100

const nothing: CountedOffsets = { movedTo: -1, spans: [] }
const sourceName = ({ topic, partition }: Source) => `${topic}-${partition}`
const pageOf = (source: Source) => pageName(sourceName(source), Math.floor(source.offset / offsetsPerPage))

export function parseGuard(item: Pick<CounterItem, 'json'> | undefined): Guard {
  if (!item) return { labels: noLabels, sources: new Map() }
  const { labels, sources } = JSON.parse(item.json) as StoredGuard
  return { labels, sources: new Map(sources.map(([name, movedTo, ...deltas]) => [name, { movedTo, spans: fromDeltas(deltas) }])) }
}

export function toGuardJson({ labels, sources }: Guard): string {
  const stored: StoredGuard = { labels, sources: [...sources].map(([name, { movedTo, spans }]) => [name, movedTo, ...toDeltas(spans)]) }
  return JSON.stringify(stored)
}

interface StoredGuard {
  readonly labels: LabelsSoFar
  readonly sources: readonly (readonly [name: string, movedTo: number, ...deltas: number[]])[]
}

/** The rows that were not counted before, and the guard that knows them; a source that stands among the rows twice counts once. */
export function leaveOutCounted<Row extends Pick<CountedRow, 'source'>>(
  rows: readonly Row[],
  guard: Guard,
  pages: Pages,
): { readonly rows: readonly Row[]; readonly guard: Guard } {
  const changed = new Map<string, number[]>()
  const fresh = rows.filter(({ source }) => {
    const name = sourceName(source)
    if (!changed.has(name)) changed.set(name, [...(guard.sources.get(name) ?? nothing).spans])
    return !hasOffset(pages.get(pageOf(source)) ?? [], source.offset) && addOffset(changed.get(name)!, source.offset)
  })
  const sources = new Map(guard.sources)
  for (const [name, spans] of changed) sources.set(name, { ...(guard.sources.get(name) ?? nothing), spans })
  return { rows: fresh, guard: { ...guard, sources } }
}

/** The pages that may know these rows: none for rows in their order. */
export async function readPages(store: CounterStore, partition: string, guard: Guard, rows: readonly Pick<CountedRow, 'source'>[]) {
  const old = rows.filter(({ source }) => source.offset <= (guard.sources.get(sourceName(source)) ?? nothing).movedTo)
  const names = [...new Set(old.map(({ source }) => pageOf(source)))]
  const stored = await store.read(names.map(name => ({ partition, name })))
  return new Map(stored.map(item => [item.name, parsePage(item)]))
}

/**
 * The guard with room for more spans: where it has too many, all are in pages now.
 *
 * The pages are written before anything else is. They take only what the stored guard holds, and so what has been counted: whoever stops
 * here, or loses against a twin, has made no row count or not count.
 */
export async function makeRoom(store: CounterStore, partition: string, guard: Guard, expiresAtSec: number): Promise<Guard> {
  const sources = [...guard.sources]
  const spanCount = sources.reduce((sum, [, { spans }]) => sum + spans.length / 2, 0)
  if (spanCount <= spansAtMost + spansPerSource * sources.length) return guard
  const pieces = sources.flatMap(([source, { spans }]) =>
    [...cutSpans(spans, offsetsPerPage)].map(([page, own]) => ({ partition, name: pageName(source, page), spans: own })),
  )
  for (let at = 0; at < pieces.length; at += pagesPerCall) {
    const some = pieces.slice(at, at + pagesPerCall)
    const stored = new Map((await store.read(some)).map(item => [item.name, item]))
    await store.write(some.map(piece => ({ ...addToPage(stored.get(piece.name), piece), expiresAtSec })))
  }
  const moved = sources.map(([name, { movedTo, spans }]) => [name, { movedTo: Math.max(movedTo, spans.at(-1) ?? -1), spans: [] }] as const)
  return { ...guard, sources: new Map(moved) }
}

function addToPage(stored: CounterItem | undefined, { partition, name, spans }: CounterKey & { readonly spans: Spans }): CounterItem {
  const all = stored ? uniteSpans(parsePage(stored), spans) : spans
  return { partition, name, version: stored?.version ?? 0, json: JSON.stringify(toDeltas(all)) }
}

const parsePage = ({ json }: CounterItem): Spans => fromDeltas(JSON.parse(json) as number[])
