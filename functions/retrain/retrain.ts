import type { Pipeline } from '#models/pipeline-compiler.ts'
import type { LoadOnnx, ObjectStore, ReadTrainingRows } from '../ports.ts'
import { toBundle } from './bundle.ts'
import { trainCandidate } from './candidate.ts'
import { makePhases } from './phases.ts'
import { planTraining } from './plan.ts'
import { type RetrainOutcome, settle } from './settle.ts'

/**
 * Trains a candidate on the earlier rows, measures it and the champion on the later ones, trains it again on all of them, writes the bundle, and
 * promotes it if it is better, or makes it the shadow where live labels decide.
 *
 * `report: 'none'` leaves out the report's intervals and importances, which cost about a twentieth of a wide training.
 */
export function makeRetrain(ports: {
  readonly pipeline: Pipeline
  readonly readRows: ReadTrainingRows
  readonly models: ObjectStore
  readonly load: LoadOnnx
  readonly nowMs: () => number
  /** A clock that only goes forward, for durations. */
  readonly clockMs: () => number
  readonly residentBytes: () => number
  /** `full` if absent. */
  readonly report?: 'full' | 'none'
}): () => Promise<RetrainOutcome> {
  const { pipeline, readRows, models, nowMs, clockMs, residentBytes } = ports

  return async () => {
    const phases = makePhases(clockMs, residentBytes)
    const rows = await readRows()
    if ('unprepared' in rows) return { trained: false, reason: rows.unprepared }
    const plan = await planTraining(pipeline, models, rows)
    if (!plan.ok) return { trained: false, reason: plan.reason }
    phases.end('read rows')
    const candidate = await trainCandidate(pipeline, rows, plan.trainCount, clockMs)
    phases.end('train and export')
    if (!candidate.ok) return { trained: false, reason: candidate.reason }
    const bundle = toBundle(pipeline, rows, candidate, { parent: plan.parent, nowMs: nowMs() })
    return settle(ports, rows, candidate, { bundle, phases })
  }
}
