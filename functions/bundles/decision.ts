import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'
import type { ObjectStore } from '../ports.ts'
import { quality } from './manifest.ts'

const decision = z.object({
  version: z.string(),
  /** Where the candidate was judged: on the archive's latest rows, or on live labels. */
  on: z.enum(['holdout', 'live']),
  promote: z.boolean(),
  reason: z.string(),
  /** All that was looked at. */
  checks: z
    .array(z.object({ name: z.string(), ok: z.boolean(), got: z.union([z.number(), z.string(), z.null()]), wanted: z.string() }))
    .readonly(),
  /** What it had to beat; version null for the base rate. */
  rival: z.object({ name: z.string(), version: z.string().nullable() }),
  /** Both on the same rows; null where that was not measured. */
  quality: z.object({ candidate: quality, rival: quality }).nullable(),
  decidedAtMs: z.number(),
})

/**
 * Why a bundle was promoted or not: `decision.json` beside it.
 *
 * Not part of the manifest, which is written once: who loses the race for the pointer decides again, and a shadow is decided on later. It is
 * written after the pointer, so what it says took effect; where the writer died between the two, there is none.
 */
export type BundleDecision = z.output<typeof decision>

const decisionKey = (pipeline: string, version: string) => `bundles/${pipeline}/${version}/decision.json`

export async function writeDecision(store: Pick<ObjectStore, 'put'>, pipeline: string, decision: BundleDecision): Promise<void> {
  await store.put(decisionKey(pipeline, decision.version), Buffer.from(JSON.stringify(decision, null, 2)))
}

/**
 * The latest decision on a bundle; undefined where there is none.
 *
 * @throws MillraceError BUNDLE_INVALID where the object is not a decision
 */
export async function readDecision(
  store: Pick<ObjectStore, 'get'>,
  pipeline: string,
  version: string,
): Promise<BundleDecision | undefined> {
  const key = decisionKey(pipeline, version)
  const stored = await store.get(key)
  if (!stored) return undefined
  try {
    return decision.parse(JSON.parse(Buffer.from(stored.body).toString('utf8')))
  } catch (error) {
    throw new MillraceError('BUNDLE_INVALID', `${key} is not a decision; retrain writes it anew`, { cause: error })
  }
}

/** The decisions on these bundles, by version. */
export async function readDecisions(
  store: Pick<ObjectStore, 'get'>,
  pipeline: string,
  versions: readonly string[],
): Promise<ReadonlyMap<string, BundleDecision>> {
  const decisions = await Promise.all(versions.map(version => readDecision(store, pipeline, version)))
  return new Map(decisions.flatMap(decision => (decision ? [[decision.version, decision] as const] : [])))
}
