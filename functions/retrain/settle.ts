import type { Pipeline } from '#models/pipeline-compiler.ts'
import { writeDecision } from '../bundles/decision.ts'
import { type Bundle, changePointer, writeBundle } from '../bundles/registry.ts'
import type { LoadOnnx, ObjectStore, TrainingRows } from '../ports.ts'
import type { Judgeable } from './candidate.ts'
import { type Judged, judge } from './judge.ts'
import type { Phases } from './phases.ts'
import type { Placement } from './placement.ts'
import { writeReport } from './write-report.ts'

/** What a run of retrain came to. */
export type RetrainOutcome =
  | { readonly trained: false; readonly reason: string }
  | {
      readonly trained: true
      readonly version: string
      readonly promoted: boolean
      /** Where it serves now. */
      readonly role: Placement['role']
      readonly reason: string
      /** Rows that the model learnt from. */
      readonly rows: number
      readonly sampledRatio: number
      /** Archive objects that could not be read; the report names them. */
      readonly refusedObjects: number
      readonly trainer: string
      readonly holdoutLogLoss: number | null
      /** The loss on the compared rows of the model that serves from now on; absent where there is none or nothing to compare. */
      readonly promisedLoss?: number
    }

/**
 * Writes a candidate's bundle, judges it against the champion that is there, and gives it its place: champion, shadow or none. Whoever trained
 * it, this is the one way in.
 */
export async function settle(
  ports: {
    readonly pipeline: Pipeline
    readonly models: ObjectStore
    readonly load: LoadOnnx
    readonly nowMs: () => number
    /** `full` if absent. */
    readonly report?: 'full' | 'none'
  },
  rows: TrainingRows,
  candidate: Judgeable,
  { bundle, phases }: { readonly bundle: Bundle; readonly phases: Phases },
): Promise<RetrainOutcome> {
  const { pipeline, models } = ports
  await writeBundle(models, bundle)

  const { version } = bundle.manifest
  let judged: Judged | undefined
  await changePointer(models, pipeline.name, async champion => {
    judged = champion?.version === version ? undefined : await judge(ports, champion, rows, candidate, version)
    return judged?.placement.next
  })
  phases.end('measure the rival')
  const outcome = {
    trained: true,
    version,
    rows: candidate.served.trainedOn.rowCount,
    sampledRatio: rows.sampledRatio,
    refusedObjects: rows.refused?.length ?? 0,
    trainer: candidate.contenders[0].kind,
    holdoutLogLoss: candidate.contenders[0].holdout.logLoss,
  } as const
  // What was decided on a champion when it was promoted stays beside it.
  if (!judged) return { ...outcome, promoted: false, role: 'champion', reason: 'is the champion already' }
  const { placement, decision } = judged
  await writeDecision(models, pipeline.name, decision)
  if (ports.report !== 'none') await writeReport({ pipeline, models }, rows, candidate, judged, phases.ended)
  const promisedLoss = toPromisedLoss(judged)
  return {
    ...outcome,
    promoted: placement.role === 'champion',
    role: placement.role,
    reason: placement.reason,
    ...(promisedLoss === undefined ? {} : { promisedLoss }),
  }
}

function toPromisedLoss({ rival, placement, decision }: Judged): number | undefined {
  if (placement.role === 'champion') return decision.quality?.candidate.logLoss ?? undefined
  return rival.isChampion ? (rival.quality.logLoss ?? undefined) : undefined
}
