import type { Pipeline } from '#models/pipeline-compiler.ts'
import { writeDecision } from '../bundles/decision.ts'
import { changePointer, readPointer, writeBundle } from '../bundles/registry.ts'
import type { LoadOnnx, ObjectStore, ReadTrainingRows } from '../ports.ts'
import { toBundle } from './bundle.ts'
import { trainCandidate } from './candidate.ts'
import { countLater, readTrainedToMs, sizeHoldout } from './holdout.ts'
import { type Judged, judge } from './judge.ts'
import type { Placement } from './placement.ts'
import type { Phase } from './report.ts'
import { toRefusedText } from './report-text.ts'
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
    const rowCount = rows.atMs.length
    const rest = `${rowCount} labelled rows in ${rows.objectCount} objects${toRefusedText(rows.refused)}`
    const largest = sizeHoldout(pipeline, { rowCount, newRowCount: undefined })
    if (!largest.ok) return { trained: false, reason: `${largest.reason}: ${rest}` }
    const parent = (await readPointer(models, pipeline.name)).champion?.version ?? null
    const { firstAtRows } = pipeline.retrain.when
    if (parent === null && rowCount < firstAtRows) {
      return { trained: false, reason: `${rowCount} labelled rows, ${firstAtRows} wanted for a first model: ${rest}` }
    }
    const trainedToMs = parent === null ? undefined : await readTrainedToMs(models, pipeline.name, parent)
    const holdout =
      trainedToMs === undefined ? largest : sizeHoldout(pipeline, { rowCount, newRowCount: countLater(rows.atMs, trainedToMs) })
    if (!holdout.ok) return { trained: false, reason: `${holdout.reason}: ${rest}` }
    phases.end('read rows')
    const candidate = await trainCandidate(pipeline, rows, rowCount - holdout.rowCount, clockMs)
    phases.end('train and export')
    if (!candidate.ok) return { trained: false, reason: candidate.reason }
    const bundle = toBundle(pipeline, rows, candidate, { parent, nowMs: nowMs() })
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
}

function toPromisedLoss({ rival, placement, decision }: Judged): number | undefined {
  if (placement.role === 'champion') return decision.quality?.candidate.logLoss ?? undefined
  return rival.isChampion ? (rival.quality.logLoss ?? undefined) : undefined
}

function makePhases(clockMs: () => number, residentBytes: () => number) {
  const ended: Phase[] = []
  let startedMs = clockMs()
  return {
    ended,
    end(name: string): void {
      ended.push({ name, ms: clockMs() - startedMs, residentBytes: residentBytes() })
      startedMs = clockMs()
    },
  }
}
