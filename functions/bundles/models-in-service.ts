import { MillraceError } from '#models/errors.ts'
import type { LoadOnnx, ObjectStore } from '../ports.ts'
import { type ChampionPointer, readBundle, readPointer } from './registry.ts'
import { loadScorer, type Scorer } from './scorer.ts'
import { makeScorerMemory } from './scorer-memory.ts'

/**
 * The models that score now, as one value: a batch that holds it is scored by these and no others, whatever the pointer does meanwhile.
 *
 * Without a champion there is neither shadow nor challenger.
 */
export interface ModelsInService {
  readonly champion?: Scorer
  readonly shadow?: Scorer
  /** Its scores count for this share of the keys, from 0 to 1. */
  readonly challenger?: { readonly scorer: Scorer; readonly share: number }
  /** The pointer names a champion, and neither it nor one before it proved itself: rows go without a score, and somebody must look. */
  readonly isRefused?: true
}

/** What a model serves as. */
export type ModelRole = 'champion' | 'shadow' | 'challenger'

/** What changed at a look at the pointer, for the log. */
export type ModelReport =
  | { readonly kind: 'swapped' | 'ended'; readonly role: ModelRole; readonly version: string }
  | { readonly kind: 'refused'; readonly role: ModelRole; readonly version: string | null; readonly reason: string }

/** Models kept in memory that do not serve: a rollback finds its session there. Each holds some megabytes. */
const idleModelsAtMost = 3
/** How many champions of the history a function without one tries, newest first, when the pointer's own is refused. */
const championsToTry = 3

/**
 * Keeps the models that the pointer names in memory: looks at it at most every `checkEveryMs`, loads what is new beside the old, then swaps.
 *
 * A pointer or bundle that cannot be read or does not prove itself is reported once, and the old champion goes on; a function that has
 * none yet takes the latest champion of the history that does. A bad shadow or challenger just does not serve. A function that holds no
 * champion, and could not find out that there is none, throws: its rows would go without a score for good.
 *
 * @throws MillraceError MODELS_UNKNOWN, retryable, where it holds no champion and has not seen that there is none
 * @example
 * const models = makeModelsInService({ pipeline, store, load: loadOnnx, checkEveryMs: 1000, nowMs: Date.now, report: log })
 * const { champion } = await models()
 */
export function makeModelsInService(ports: {
  readonly pipeline: { readonly name: string; readonly definition: string }
  readonly store: Pick<ObjectStore, 'get'>
  readonly load: LoadOnnx
  readonly checkEveryMs: number
  readonly nowMs: () => number
  readonly report: (report: ModelReport) => void
}): () => Promise<ModelsInService> {
  const { pipeline, store, load, checkEveryMs, nowMs, report } = ports
  const memory = makeScorerMemory(
    async version => loadScorer(load, await readBundle(store, pipeline.name, version), pipeline.definition),
    idleModelsAtMost,
  )
  let serving: ModelsInService = {}
  let isKnown = false // what the pointer names, or that it is not there, was seen, and read as far as it ever will be
  let lookedAtMs = Number.NEGATIVE_INFINITY
  let refused = new Set<string>()
  let troubles = new Set<string>()

  /** The models for this pointer. An invalid bundle is not read again while the pointer names it; a store that did not answer is asked again. */
  async function look(): Promise<void> {
    const refusedBefore = refused
    const troublesBefore = troubles
    refused = new Set()
    troubles = new Set()
    const refuse = (role: ModelRole, version: string | null, reason: string) => {
      troubles.add(reason)
      if (!troublesBefore.has(reason)) report({ kind: 'refused', role, version, reason })
    }
    let isAway = false // a bundle could not be read, for now
    const open = async (role: ModelRole, { version, sinceMs }: Named): Promise<Scorer | undefined> => {
      const place = `${version} since ${sinceMs}` // promoted anew, it is read anew
      if (refusedBefore.has(place)) {
        refused.add(place)
        return undefined
      }
      try {
        return await memory.open(version)
      } catch (error) {
        if (error instanceof MillraceError && error.code === 'BUNDLE_INVALID') refused.add(place)
        else isAway = true
        refuse(role, version, (error as Error).message)
        return undefined
      }
    }

    const pointer = await readPointer(store, pipeline.name).catch((error: Error) => error)
    if (pointer instanceof Error) {
      refused = refusedBefore // the pointer may name the same when it is back
      return refuse('champion', null, pointer.message)
    }
    if (pointer.champion === null) {
      isKnown = true
      if (serving.champion) refuse('champion', null, `the pointer to the champion of ${pipeline.name} is gone; promote a version`)
      else serving = {}
      return
    }
    let champion = await open('champion', pointer.champion)
    champion ??= serving.champion
    for (const earlier of earlierChampions(pointer.champion)) champion ??= await open('champion', earlier)
    isKnown = champion !== undefined || !isAway
    if (!champion) {
      if (!isAway) serving = { isRefused: true }
      return
    }
    const { shadow, challenger } = pointer.champion
    const next = {
      champion,
      ...named('shadow', shadow ? await open('shadow', shadow) : undefined),
      ...named('challenger', challenger ? withShare(await open('challenger', challenger), challenger.share) : undefined),
    }
    reportChanges(serving, next, report)
    serving = next
    await memory.trim(Object.values(versionsOf(next)))
  }

  return async () => {
    if (nowMs() - lookedAtMs >= checkEveryMs) {
      lookedAtMs = nowMs()
      await look()
    }
    if (!isKnown) {
      lookedAtMs = Number.NEGATIVE_INFINITY // the batch comes again, and looks again
      const message = `the champion of ${pipeline.name} cannot be read, nor that there is none: ${[...troubles].join('; ')}`
      throw new MillraceError('MODELS_UNKNOWN', message, { retryable: true })
    }
    return serving
  }
}

type Named = Pick<ChampionPointer, 'version' | 'sinceMs'>

/** The champions before the present one, each version once, newest first. */
function earlierChampions({ version, history }: ChampionPointer): Named[] {
  const others = history.filter(entry => entry.version !== version).reverse()
  return others.filter((entry, at) => others.findIndex(other => other.version === entry.version) === at).slice(0, championsToTry)
}

function named<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [N in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]: Value })
}

function withShare(scorer: Scorer | undefined, share: number): ModelsInService['challenger'] {
  return scorer && { scorer, share }
}

function versionsOf({ champion, shadow, challenger }: ModelsInService): Partial<Record<ModelRole, string>> {
  return {
    ...named('champion', champion?.version),
    ...named('shadow', shadow?.version),
    ...named('challenger', challenger?.scorer.version),
  }
}

function reportChanges(before: ModelsInService, after: ModelsInService, report: (report: ModelReport) => void): void {
  const was = versionsOf(before)
  const is = versionsOf(after)
  for (const role of ['champion', 'shadow', 'challenger'] as const) {
    const [old, version] = [was[role], is[role]]
    if (version !== undefined && version !== old) report({ kind: 'swapped', role, version })
    if (version === undefined && old !== undefined) report({ kind: 'ended', role, version: old })
  }
}
