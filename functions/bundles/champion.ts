import { MillraceError } from '#models/errors.ts'
import type { ObjectStore } from '../ports.ts'
import { readBundle, readPointer } from './registry.ts'
import { type LoadOnnx, loadScorer, type Scorer } from './scorer.ts'

/** What happened at a look at the pointer, for the log. */
export type ChampionReport = { readonly kind: 'swapped'; readonly version: string } | { readonly kind: 'refused'; readonly reason: string }

/**
 * Keeps the champion in memory: looks at the pointer at most every `checkEveryMs`, loads a new bundle beside the old one, then swaps.
 *
 * A pointer or bundle that cannot be read or does not prove itself is reported, and the old champion goes on.
 */
export function makeChampion(ports: {
  readonly pipeline: { readonly name: string; readonly definition: string }
  readonly store: Pick<ObjectStore, 'get'>
  readonly load: LoadOnnx
  readonly checkEveryMs: number
  readonly nowMs: () => number
  readonly report: (report: ChampionReport) => void
}): () => Promise<Scorer | undefined> {
  const { pipeline, store, load, checkEveryMs, nowMs, report } = ports
  let current: Scorer | undefined
  let refused: string | undefined
  let lookedAtMs = Number.NEGATIVE_INFINITY

  /** The champion that the pointer names now, or the current one where that cannot be had. */
  const look = async () => {
    let version: string | undefined
    try {
      version = (await readPointer(store, pipeline.name)).champion?.version
      if (version === undefined || version === current?.version || version === refused) return
      const next = await loadScorer(load, await readBundle(store, pipeline.name, version), pipeline.definition)
      await current?.release()
      current = next
      report({ kind: 'swapped', version })
    } catch (error) {
      // An invalid bundle stays invalid: it is not read again. A store that did not answer is asked again at the next look.
      if (error instanceof MillraceError && error.code === 'BUNDLE_INVALID') refused = version
      report({ kind: 'refused', reason: (error as Error).message })
    }
  }

  return async () => {
    if (nowMs() - lookedAtMs >= checkEveryMs) {
      lookedAtMs = nowMs()
      await look()
    }
    return current
  }
}
