import type { DuelBucket } from '#models/measure/duels.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { type Check, checkCalibration } from '#models/policy/guardrails.ts'
import { countMature, decideLive, type LiveGatePolicy, type LiveVerdict } from '#models/policy/live-gate.ts'
import { expectedCalibrationError, reliabilityOfCounts } from '#models/task/yes-no/calibration.ts'
import { type BundleDecision, writeDecision } from '../bundles/decision.ts'
import { type ChampionPointer, changePointer, readPointer, toPromoted } from '../bundles/registry.ts'
import { readTrial, writeTrial } from '../bundles/trial.ts'
import type { ObjectStore } from '../ports.ts'

/** Hours in which champion and candidate scored the same rows, all partitions together, oldest first; a gain above 0 speaks for the candidate. */
export type ReadDuel = (champion: string, candidate: string) => Promise<readonly DuelBucket[]>

/** Labelled rows that a model scored as shadow, by score: bin `b` of `n` holds those from b / n to (b + 1) / n. */
export type ReadShadowScores = (
  model: string,
) => Promise<{ readonly positiveBins: readonly number[]; readonly negativeBins: readonly number[] }>

/** What a look came to. */
export interface WatchOutcome {
  /** `idle`: no candidate is on trial. `moved`: somebody else changed the models in service meanwhile, so nothing was. */
  readonly verdict: LiveVerdict['verdict'] | 'idle' | 'moved'
  readonly version: string | null
  readonly reason: string
}

const reliabilityBinCount = 10

/**
 * Looks at the shadow's trial: promotes it where live labels show that it is better, takes it out of service where they show that it is not.
 *
 * Only where the definition says `promoteWhen: { on: 'live' }`: else a shadow is an operator's, and stays until he takes it out.
 */
export function makeWatch(ports: {
  readonly pipeline: Pipeline
  readonly models: ObjectStore
  readonly readDuel: ReadDuel
  readonly readShadowScores: ReadShadowScores
  readonly nowMs: () => number
}): () => Promise<WatchOutcome> {
  const { pipeline, models, readDuel, readShadowScores, nowMs } = ports
  const { name, promoteWhen, labelArrivesWithinMs } = pipeline

  /** The hours of the trial that count by now, kept for the next look. */
  const readHours = async (champion: string, version: string) => {
    const trial = await readTrial(models, name, version)
    const counted = trial?.champion === champion ? trial.hours : [] // a trial against another champion begins anew
    const hours = countMature(promoteWhen.live, counted, await readDuel(champion, version), labelArrivesWithinMs)
    if (trial?.champion !== champion || hours.length > counted.length) await writeTrial(models, name, version, { champion, hours })
    return hours
  }

  return async () => {
    const { champion } = await readPointer(models, name)
    if (promoteWhen.on !== 'live' || !champion?.shadow) return { verdict: 'idle', version: null, reason: 'no candidate is on trial' }
    const { version } = champion.shadow
    const live = decideLive(promoteWhen.live, await readHours(champion.version, version), promoteWhen)
    if (live.verdict === 'wait') return { verdict: 'wait', version, reason: live.reason }

    const { positiveBins, negativeBins } = await readShadowScores(version)
    const error = expectedCalibrationError(reliabilityOfCounts(positiveBins, negativeBins, reliabilityBinCount))
    const calibration = checkCalibration(promoteWhen.guardrails, error)
    const isBroken = live.verdict === 'promote' && !calibration.ok
    const promote = live.verdict === 'promote' && calibration.ok
    const reason = isBroken ? `calibration ${error?.toFixed(4) ?? '-'}, ${calibration.wanted}: ${live.reason}` : live.reason

    let isMoved = false
    await changePointer(models, name, now => {
      isMoved = now?.version !== champion.version || now.shadow?.version !== version
      return isMoved ? undefined : toNext(now as ChampionPointer, promote, { version, reason, nowMs: nowMs() })
    })
    if (isMoved) return { verdict: 'moved', version, reason: 'the models in service changed meanwhile' }
    const decision: BundleDecision = {
      version,
      on: 'live',
      promote,
      reason,
      checks: [...toChecks(promoteWhen.live, live), calibration],
      rival: { name: `champion ${champion.version}`, version: champion.version },
      quality: null,
      decidedAtMs: nowMs(),
    }
    await writeDecision(models, name, decision)
    return { verdict: promote ? 'promote' : 'reject', version, reason }
  }
}

function toNext(pointer: ChampionPointer, promote: boolean, change: Parameters<typeof toPromoted>[1]): ChampionPointer {
  return promote ? toPromoted(pointer, change) : { ...pointer, shadow: null }
}

function toChecks({ rowsAtLeast, alpha, giveUpAlpha }: LiveGatePolicy, { rows, gain, wealth, wealthAgainst }: LiveVerdict): Check[] {
  return [
    { name: 'rows', ok: rows >= rowsAtLeast, got: rows, wanted: `at least ${rowsAtLeast}` },
    { name: 'gain', ok: gain !== null && gain > 0, got: gain, wanted: 'above 0' },
    { name: 'evidence', ok: wealth >= 1 / alpha, got: wealth, wanted: `at least ${1 / alpha}` },
    { name: 'evidence against', ok: wealthAgainst < 1 / giveUpAlpha, got: wealthAgainst, wanted: `below ${1 / giveUpAlpha}` },
  ]
}
