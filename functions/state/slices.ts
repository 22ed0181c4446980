import { ringWidths } from '#models/windows/layout.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import type { StateItem } from '../ports.ts'
import { fromBody, toBody } from './entry.ts'
import { rangeOf } from './hash.ts'
import type { Head } from './head.ts'

/** What one writer of a snapshot wrote: `<number of the snapshot>.<claim>`, and which of its pages or indexes. */
export interface Ref {
  readonly attempt: string
  readonly at: number
}

/** A page: the keys from a hash on, up to the next page's. */
export interface PageRef extends Ref {
  readonly fromHash: number
  /** A page whose keys do not fit into one item has more. */
  readonly itemCount: number
  /** Before compression. */
  readonly bytes: number
  /** The lower 16 bits of the hash of each key: a key that is not among them is not in the page, and of the others one in 65,536 is not. */
  readonly marks: Uint16Array
}

/** The pages of a range of hashes, and how far each log had been counted into them. */
export interface SliceIndex {
  readonly heads: Readonly<Record<string, Head>>
  readonly pages: readonly PageRef[]
  /** The index of these hashes in the snapshot before; undefined for the first. */
  readonly previous: Ref | undefined
}

/** A range of hashes whose pages are written together, up to the next slice's. */
export interface Slice {
  readonly fromHash: number
  /** Undefined where nothing was written yet. */
  readonly ref: Ref | undefined
  readonly index: SliceIndex
}

/** A snapshot: its slices, of which each may have been written by another one before. */
export interface Base {
  /** 0: there is none. */
  readonly number: number
  /** In order; the first begins at hash 0. */
  readonly slices: readonly Slice[]
}

export const emptyBase: Base = {
  number: 0,
  slices: [{ fromHash: 0, ref: undefined, index: { heads: {}, pages: [], previous: undefined } }],
}

export function sliceOf({ slices }: Base, hash: number): Slice {
  return slices[rangeOf(slices, hash)]
}

/** The page that may hold a key of this hash; undefined where none does. */
export function pageOf({ pages }: SliceIndex, hash: number): PageRef | undefined {
  const page = pages[rangeOf(pages, hash)]
  return page?.marks.includes(hash & 0xffff) ? page : undefined
}

/** What all pages take, before compression. */
export function pageBytesOf({ slices }: Base): number {
  return slices.reduce((sum, { index }) => sum + index.pages.reduce((bytes, page) => bytes + page.bytes, 0), 0)
}

/** Every entry of a source up to this number is in all pages. */
export function floorOf({ slices }: Base, source: string): number {
  return Math.min(...slices.map(({ index }) => index.heads[source]?.number ?? 0))
}

/** The first words of a snapshot: where the indexes of its slices are. */
export interface Root {
  readonly number: number
  readonly slices: readonly (Ref & { readonly fromHash: number })[]
  /** How far its writer had read each log: no slice holds more. */
  readonly heads: Readonly<Record<string, Head>>
  /** What was kept for rings of other widths would be misread. */
  readonly ringWidths: string
}

type StoredHead = Omit<Head, 'newestMs'> & { readonly newestMs: number | null } // JSON has no -Infinity
type StoredHeads = Readonly<Record<string, StoredHead>>

export function toRoot({ number, body }: StateItem): Root {
  const { attempts, slices, heads, ...about } = fromBody<StoredRoot>(body)
  return {
    ...about,
    number,
    heads: toHeads(heads),
    slices: slices.map(([fromHash, attempt, at]) => ({ fromHash, attempt: attempts[attempt], at })),
  }
}

interface StoredRoot extends Pick<Root, 'ringWidths'> {
  readonly heads: StoredHeads
  readonly attempts: readonly string[]
  readonly slices: readonly (readonly [fromHash: number, attempt: number, at: number])[]
}

export function toRootBody({ slices, heads }: Omit<Root, 'number' | 'ringWidths'>, plan: WindowPlan): Uint8Array {
  const attempts = [...new Set(slices.map(({ attempt }) => attempt))]
  const stored: StoredRoot = {
    ringWidths: ringWidths(plan),
    heads,
    attempts,
    slices: slices.map(({ fromHash, attempt, at }) => [fromHash, attempts.indexOf(attempt), at]),
  }
  return toBody(stored)
}

export function toIndex(body: Uint8Array): SliceIndex {
  const { heads, previous, attempts, pages } = fromBody<StoredIndex>(body)
  return {
    heads: toHeads(heads),
    previous: previous ?? undefined,
    pages: pages.map(([fromHash, attempt, at, itemCount, bytes, marks]) => {
      return { fromHash, attempt: attempts[attempt], at, itemCount, bytes, marks: new Uint16Array(toArrayBuffer(marks)) }
    }),
  }
}

interface StoredIndex {
  readonly heads: StoredHeads
  readonly previous: Ref | null
  readonly attempts: readonly string[]
  readonly pages: readonly (readonly [fromHash: number, attempt: number, at: number, itemCount: number, bytes: number, marks: string])[]
}

export function toIndexBody({ heads, previous, pages }: SliceIndex): Uint8Array {
  const attempts = [...new Set(pages.map(({ attempt }) => attempt))]
  const stored: StoredIndex = {
    heads,
    previous: previous ? { attempt: previous.attempt, at: previous.at } : null,
    attempts,
    pages: pages.map(({ fromHash, attempt, at, itemCount, bytes, marks }) => {
      return [
        fromHash,
        attempts.indexOf(attempt),
        at,
        itemCount,
        bytes,
        Buffer.from(marks.buffer, marks.byteOffset, marks.byteLength).toString('base64'),
      ]
    }),
  }
  return toBody(stored)
}

function toArrayBuffer(base64: string): ArrayBuffer {
  const bytes = Buffer.from(base64, 'base64')
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
}

function toHeads(stored: StoredHeads): Readonly<Record<string, Head>> {
  const whole = Object.entries(stored).map(([source, head]) => [source, { ...head, newestMs: head.newestMs ?? Number.NEGATIVE_INFINITY }])
  return Object.fromEntries(whole)
}
