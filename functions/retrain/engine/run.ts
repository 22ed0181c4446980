import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'
import type { ObjectStore } from '../../ports.ts'

const run = z.strictObject({
  id: z.string(),
  /** The engine's name of the job; null: claimed, and perhaps started. */
  jobId: z.string().nullable(),
  startedAtMs: z.number(),
  definition: z.string(),
  /** The first event of the holdout: nothing from here on is learnt from by the model that is measured. */
  splitMs: z.number(),
})

const ended = z.strictObject({ id: z.string(), jobId: z.string().nullable(), endedAtMs: z.number(), outcome: z.string() })

const runs = z.strictObject({ open: run.nullable(), last: ended.nullable() })

/** A training on an engine outside of the function. */
export type EngineRun = Readonly<z.infer<typeof run>>

/** The run that is open, and how the last one ended. */
export type EngineRuns = Readonly<z.infer<typeof runs>>

/** What the keys of all that passes between the function and the engine begin with, in the bucket of models. */
export const enginePrefix = (pipeline: string) => `engine/${pipeline}/`

const runsKey = (pipeline: string) => `${enginePrefix(pipeline)}runs.json`

/** A file of a run: what the job is told, or what it leaves. */
export const runKey = (pipeline: string, runId: string, file: string) => `${enginePrefix(pipeline)}${runId}/${file}`

/** @throws MillraceError BUNDLE_INVALID where the object says nothing of runs: without it there is none */
export async function readRuns(
  store: Pick<ObjectStore, 'get'>,
  pipeline: string,
): Promise<{ readonly runs: EngineRuns; readonly etag: string | null }> {
  const stored = await store.get(runsKey(pipeline))
  if (!stored) return { runs: { open: null, last: null }, etag: null }
  try {
    return { runs: runs.parse(JSON.parse(Buffer.from(stored.body).toString('utf8'))), etag: stored.etag }
  } catch (cause) {
    const message = `${runsKey(pipeline)} says nothing of runs; remove it, and the next turn of retrain starts a training anew`
    throw new MillraceError('BUNDLE_INVALID', message, { cause })
  }
}

/** Writes by compare-and-swap; false where another turn was first. */
export function changeRuns(store: Pick<ObjectStore, 'putIf'>, pipeline: string, next: EngineRuns, etag: string | null): Promise<boolean> {
  return store.putIf(runsKey(pipeline), Buffer.from(JSON.stringify(next, null, 2)), etag)
}
