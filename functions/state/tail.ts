import type { Op } from '#models/windows/op.ts'
import type { OpColumns } from '#models/windows/op-columns.ts'
import { toHash } from './hash.ts'

/** What one entry of a log added to windows, as columns: some 40 bytes an op, and a key as often as entries hold it. */
export interface TailEntry {
  readonly source: string
  /** The source's place in the plan. */
  readonly kind: number
  readonly number: number
  /** Of its item, before compression. */
  readonly bytes: number
  readonly times: Float64Array
  readonly keys: readonly KeyColumn[]
  readonly values: readonly Float64Array[]
  readonly rows: OpColumns['rows']
  /** For each join, the hash of each op's key. */
  readonly rowHashes: readonly Uint32Array[]
}

interface KeyColumn {
  readonly names: readonly string[]
  /** Of the names. */
  readonly hashes: Uint32Array
  /** An op's name; -1 is none. */
  readonly codes: Int32Array
}

/** Whether what came of a key is wanted. */
export type IsWanted = (key: string, hash: number) => boolean

export function toTailEntry(
  { source, kind, number, bytes }: Pick<TailEntry, 'source' | 'kind' | 'number' | 'bytes'>,
  { times: steps, keys, values, rows }: OpColumns,
): TailEntry {
  const times = new Float64Array(steps.length)
  for (let at = 0; at < steps.length; at++) times[at] = steps[at] + (at === 0 ? 0 : times[at - 1])
  const joinCount = rows?.find(row => row)?.length ?? 0
  return {
    source,
    kind,
    number,
    bytes,
    times,
    keys: keys.map(({ names, codes }) => ({ names, hashes: Uint32Array.from(names, toHash), codes: Int32Array.from(codes) })),
    values: values.map(column => Float64Array.from(column, value => value ?? Number.NaN)),
    rows,
    rowHashes: Array.from({ length: joinCount }, (_, join) => {
      return Uint32Array.from(rows!, row => (row?.[join] ? toHash(row[join][0]) : 0))
    }),
  }
}

/** Each op of an entry, whole. */
export function eachOp({ times, keys, values, rows }: TailEntry, take: (op: Op) => void): void {
  for (let at = 0; at < times.length; at++) {
    const given = rows?.[at]
    take({
      atMs: times[at],
      keys: keys.map(({ names, codes }) => (codes[at] < 0 ? null : names[codes[at]])),
      values: values.map(column => column[at]),
      ...(given ? { rows: given.map(row => row ?? undefined) } : {}), // JSON makes null of what is not there
    })
  }
}

/** Each op of an entry that has a wanted key, without its other keys. */
export function eachOpOf(entry: TailEntry, isWanted: IsWanted, take: (op: Op) => void): void {
  const { times, keys, values, rows, rowHashes } = entry
  let isAny = false
  const wantedNames = keys.map(({ names, hashes }) => {
    const wanted = new Uint8Array(names.length)
    for (let name = 0; name < names.length; name++) {
      if (!isWanted(names[name], hashes[name])) continue
      wanted[name] = 1
      isAny = true
    }
    return wanted
  })
  if (!isAny && rowHashes.length === 0) return
  for (let at = 0; at < times.length; at++) {
    const given = rows?.[at]?.map((row, join) => (row && isWanted(row[0], rowHashes[join][at]) ? row : undefined))
    let isTaken = given?.some(row => row) ?? false
    for (let place = 0; place < keys.length && !isTaken; place++) {
      const code = keys[place].codes[at]
      isTaken = code >= 0 && wantedNames[place][code] === 1
    }
    if (!isTaken) continue
    take({
      atMs: times[at],
      keys: keys.map(({ names, codes }, place) => (codes[at] >= 0 && wantedNames[place][codes[at]] ? names[codes[at]] : null)),
      values: values.map(column => column[at]),
      ...(given ? { rows: given } : {}),
    })
  }
}

/** Each key of an entry's ops; one may be named several times. */
export function eachKey(
  { keys, rows, rowHashes }: Pick<TailEntry, 'keys' | 'rows' | 'rowHashes'>,
  see: (key: string, hash: number) => void,
): void {
  for (const { names, hashes } of keys) names.forEach((name, at) => void see(name, hashes[at]))
  rowHashes.forEach((hashes, join) => {
    rows!.forEach((row, at) => {
      if (row?.[join]) see(row[join][0], hashes[at])
    })
  })
}

/** The newest event time of an entry's ops; -Infinity where it has none. */
export function newestMsOf({ times }: TailEntry): number {
  let newestMs = Number.NEGATIVE_INFINITY
  for (const ms of times) if (ms > newestMs) newestMs = ms
  return newestMs
}
