import type { ObjectStore, RefusedObject } from '../ports.ts'
import { cachePrefix, type Part } from './parts.ts'
import { type PreparedPart, type PreparePorts, preparePart, readRefused } from './prepare-part.ts'
import { toPreparedParts } from './slices.ts'

/** Parts prepared at a time: while one is fetched or stored, the other is computed. */
const partsAtOnce = 3
/** Where a part has more rows than this they are prepared one by one: six of 1.8 million rows, three at a time, took 6.3 GB of disk. */
const rowsBeside = 300_000

/** The parts inside the window, prepared as far as the time allowed. */
export interface Prepared {
  readonly parts: readonly PreparedPart[]
  /** What could not be read, of these parts and of such as hold nothing else. */
  readonly refused: readonly RefusedObject[]
  /** The latest event of them all; -Infinity without rows. */
  readonly newestMs: number
  /** Parts that the next runs have to prepare. */
  readonly leftCount: number
}

/**
 * Prepares what is not prepared yet of the parts that the training window can reach into; nothing else of the archive is read.
 *
 * The window is of event time and ends at the newest event of the definition, which no manifest names, for it counts all definitions. Parts come
 * in the order of what they may hold; the newest event of those that are prepared already rules out the rest.
 */
export async function prepareParts(
  ports: PreparePorts & { readonly store: Pick<ObjectStore, 'get' | 'list' | 'put'> },
  parts: readonly Part[],
  isTimeUp: () => boolean,
): Promise<Prepared> {
  const { pipeline, store } = ports
  const keys = await store.list(cachePrefix(pipeline))
  const known = toPreparedParts(keys)
  const named = new Set(keys)
  const prepared: PreparedPart[] = []
  let newestMs = Number.NEGATIVE_INFINITY
  const keep = (done: PreparedPart) => {
    prepared.push(done)
    newestMs = Math.max(newestMs, done.slices[0].newestMs)
  }
  const isInWindow = (ms: number) => ms > newestMs - pipeline.retrain.windowMs
  for (const part of parts) {
    const slices = known.get(part.fingerprint)
    if (slices) keep({ part, slices, refused: await readRefused(ports, part, named) })
  }
  const missing = parts.filter(({ fingerprint }) => !known.has(fingerprint))
  const areLarge = missing.some(({ rowCount }) => rowCount > rowsBeside)
  let next = 0
  let leftCount = 0
  const prepareNext = async () => {
    const part = missing[next++]
    if (!isInWindow(part.newestAtMostMs)) return
    if (isTimeUp()) leftCount++
    else keep(await preparePart(ports, part))
  }
  while (newestMs === Number.NEGATIVE_INFINITY && next < missing.length) await prepareNext() // alone, until an event says where the window is
  await Promise.all(
    Array.from({ length: areLarge ? 1 : partsAtOnce }, async () => {
      while (next < missing.length) await prepareNext()
    }),
  )
  const refused = prepared.flatMap(part => part.refused)
  return { parts: prepared.filter(({ slices }) => isInWindow(slices[0].newestMs)), refused, newestMs, leftCount }
}
