import { setTimeout as sleep } from 'node:timers/promises'
import { type ChampionPointer, changePointer, previousVersion, toChallenged, toPromoted, toShadowed } from '#functions/bundles/registry.ts'
import type { ObjectStore } from '#functions/ports.ts'
import type { Prediction } from '#functions/records.ts'
import { MillraceError } from '#models/errors.ts'
import type { InferWatch } from './infer-watch.ts'
import type { Ledger } from './ledger.ts'
import type { Change } from './plan.ts'

/** Predictions between the proof of one change and the next change. */
const predictionsBetween = 300
/** A change that shows no effect for this long has none. */
const patienceMs = 90_000

/** How many changes were seen to take effect. */
export interface Driven {
  readonly promotions: number
  readonly rollbacks: number
  readonly refused: number
}

/**
 * Makes the changes one after another, each when the one before was seen to have taken effect: a new champion, shadow or challenger in
 * a prediction that was scored after the change, a bad bundle in infer's own report of the refusal.
 *
 * @throws MillraceError SERVER_FAILED where a change shows no effect within 90 s
 */
export async function drive(ports: {
  readonly plan: readonly Change[]
  readonly store: Pick<ObjectStore, 'get' | 'putIf'>
  readonly pipeline: string
  readonly ledger: Ledger
  readonly watch: Pick<InferWatch, 'refusalOf'>
  readonly nowMs: () => number
  readonly onChange: (change: Change, effect: string) => void
  readonly signal: AbortSignal
}): Promise<Driven> {
  const { plan, store, pipeline, ledger, watch, nowMs, onChange, signal } = ports
  const driven = { promotions: 0, rollbacks: 0, refused: 0 }
  const change = async (decide: (champion: ChampionPointer) => ChampionPointer) => {
    return (await changePointer(store, pipeline, champion => decide(champion!)))!
  }
  const promote = (version: string, reason: string) => change(champion => toPromoted(champion, { version, reason, nowMs: nowMs() }))
  const seen = (isIt: (prediction: Prediction) => boolean) => {
    const changedAtMs = nowMs()
    return ledger.waitFor(prediction => prediction.scoredAtMs > changedAtMs && isIt(prediction))
  }
  const isChampion = (version: string) => (prediction: Prediction) => prediction.arm === 'champion' && prediction.model === version
  const holds = (version: string) => (prediction: Prediction) =>
    prediction.model === version || prediction.shadows.some(({ model }) => model === version)

  /** Makes the change, and gives what is waited for before the next. */
  const make = async (step: Change): Promise<unknown> => {
    switch (step.kind) {
      case 'promote':
        await promote(step.version, 'chaos')
        await seen(isChampion(step.version))
        return driven.promotions++
      case 'roll back': {
        const { version } = await change(champion =>
          toPromoted(champion, { version: previousVersion(champion)!, reason: 'chaos: rolled back', nowMs: nowMs() }),
        )
        await seen(isChampion(version))
        return driven.rollbacks++
      }
      case 'promote bad':
        await promote(step.version, 'chaos: a bad bundle')
        while (watch.refusalOf(step.version) === undefined && !signal.aborted) await seen(() => true)
        return driven.refused++
      case 'shadow': {
        const { version } = step
        const { shadow } = await change(champion => toShadowed(champion, version === null ? null : { version, nowMs: nowMs() }))
        return shadow && seen(holds(shadow.version))
      }
      case 'challenger': {
        const { version, share } = step
        const { challenger } = await change(champion =>
          toChallenged(champion, version === null ? null : { version, share, nowMs: nowMs() }),
        )
        return challenger && seen(prediction => prediction.arm === 'challenger' && prediction.model === challenger.version)
      }
      default:
        throw new Error(`there is no change ${step satisfies never}`)
    }
  }

  for (const step of plan) {
    const startedMs = nowMs()
    const from = ledger.read().noted
    await within(make(step), step, signal)
    if (signal.aborted) break
    const effect = step.kind === 'promote bad' ? `refused: ${watch.refusalOf(step.version)}` : 'in effect'
    onChange(step, `${effect} after ${((nowMs() - startedMs) / 1000).toFixed(1)} s and ${ledger.read().noted - from} predictions`)
    const until = ledger.read().noted + predictionsBetween
    await within(
      ledger.waitFor(() => ledger.read().noted >= until),
      step,
      signal,
    )
  }
  return driven
}

/** Waits for the effect of a change; resolves early where the run is stopped. */
async function within(effect: Promise<unknown>, step: Change, signal: AbortSignal): Promise<void> {
  const ended = new AbortController()
  const options = { signal: AbortSignal.any([signal, ended.signal]) }
  const timeout = sleep(patienceMs, 'late' as const, options).catch(() => 'stopped' as const)
  const first = await Promise.race([effect.then(() => 'seen' as const), timeout])
  ended.abort()
  if (first !== 'late') return
  throw new MillraceError('SERVER_FAILED', `the change ${JSON.stringify(step)} showed no effect within ${patienceMs / 1000} s`)
}
