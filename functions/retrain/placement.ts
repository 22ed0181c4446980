import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import type { PromotionDecision } from '#models/policy/promote.ts'
import { type ChampionPointer, readBundle, toPromoted } from '../bundles/registry.ts'
import type { ObjectStore } from '../ports.ts'

/** Where a candidate comes to serve, and why. */
export interface Placement {
  readonly role: 'champion' | 'shadow' | null
  readonly reason: string
  /** The pointer as it shall be; undefined where it stays. */
  readonly next: ChampionPointer | undefined
}

const dayMs = 86_400_000

/** The gate on the holdout: the candidate takes the champion's place, or none. */
export function placeByHoldout(
  champion: ChampionPointer | null,
  { promote, reason }: PromotionDecision,
  { version, nowMs }: { readonly version: string; readonly nowMs: number },
): Placement {
  if (!promote) return { role: null, reason, next: undefined }
  return { role: 'champion', reason, next: toPromoted(champion, { version, reason, nowMs }) }
}

/**
 * The gate on live labels: the candidate becomes the shadow, to be judged by `watch`, unless it breaks a guardrail on the holdout or another
 * shadow's trial goes on. Gain on the holdout is not asked for.
 */
export async function placeAsShadow(
  pipeline: Pipeline,
  models: Pick<ObjectStore, 'get'>,
  champion: ChampionPointer,
  decision: PromotionDecision,
  { version, trainedToMs, nowMs }: { readonly version: string; readonly trainedToMs: number; readonly nowMs: number },
): Promise<Placement> {
  const { shadow } = champion
  const broken = decision.checks.find(({ name, ok }) => !ok && name !== 'gain' && name !== 'rows')
  if (broken)
    return { role: null, reason: `kept out of the shadow: ${broken.name} ${broken.got}, wanted ${broken.wanted}`, next: undefined }
  if (shadow?.version === version) return { role: 'shadow', reason: `is the shadow already: ${decision.reason}`, next: undefined }
  if (shadow && (await isTrialOpen(pipeline, models, shadow.version, trainedToMs))) {
    return { role: null, reason: `the trial of the shadow ${shadow.version} goes on: ${decision.reason}`, next: undefined }
  }
  return {
    role: 'shadow',
    reason: `serves as shadow until live labels decide: ${decision.reason}`,
    next: { ...champion, shadow: { version, sinceMs: nowMs } },
  }
}

/** A trial is over after the days it is given, by the stream's clock, or where its bundle cannot be used. A shadow that lost was withdrawn by `watch`. */
async function isTrialOpen(
  { name, definition, promoteWhen, labelArrivesWithinMs }: Pipeline,
  models: Pick<ObjectStore, 'get'>,
  version: string,
  clockMs: number,
): Promise<boolean> {
  try {
    const { manifest } = await readBundle(models, name, version)
    const untilMs = manifest.training.toMs + promoteWhen.live.daysAtMost * dayMs + labelArrivesWithinMs
    return manifest.definition === definition && clockMs < untilMs
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'BUNDLE_INVALID') return false
    throw error
  }
}
