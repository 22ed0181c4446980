import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'
import type { ObjectStore } from '../ports.ts'

const trial = z.object({
  /** The champion that the shadow was measured against. */
  champion: z.string(),
  /** The hours that counted, as they were when they did. */
  hours: z.array(z.object({ startMs: z.number(), predicted: z.number(), labelled: z.number(), gainSum: z.number() }).readonly()).readonly(),
})

/** A shadow's trial on live labels so far: `trial.json` beside its bundle. */
export type Trial = z.output<typeof trial>

const trialKey = (pipeline: string, version: string) => `bundles/${pipeline}/${version}/trial.json`

export async function writeTrial(store: Pick<ObjectStore, 'put'>, pipeline: string, version: string, trial: Trial): Promise<void> {
  await store.put(trialKey(pipeline, version), Buffer.from(JSON.stringify(trial)))
}

/**
 * The trial of a shadow; undefined where it has not begun.
 *
 * @throws MillraceError BUNDLE_INVALID where the object is not a trial
 */
export async function readTrial(store: Pick<ObjectStore, 'get'>, pipeline: string, version: string): Promise<Trial | undefined> {
  const key = trialKey(pipeline, version)
  const stored = await store.get(key)
  if (!stored) return undefined
  try {
    return trial.parse(JSON.parse(Buffer.from(stored.body).toString('utf8')))
  } catch (error) {
    throw new MillraceError('BUNDLE_INVALID', `${key} is not a trial; delete it, and the trial begins anew`, { cause: error })
  }
}
