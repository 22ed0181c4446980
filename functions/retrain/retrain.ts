import { type FeatureColumn, toRows } from '#models/feature-columns.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { decidePromotion } from '#models/policy/promote.ts'
import { makeRandom } from '#models/random.ts'
import { makeRowEncoder } from '#models/rows.ts'
import { sliceRows } from '#models/training-set.ts'
import type { Manifest } from '../bundles/manifest.ts'
import { type ChampionPointer, changePointer, sha256Of, toPromoted, writeBundle } from '../bundles/registry.ts'
import type { LoadOnnx } from '../bundles/scorer.ts'
import type { ObjectStore } from '../ports.ts'
import { type Candidate, trainCandidate } from './candidate.ts'
import { makeReport, type Phase, type RetrainReport, toReportText } from './report.ts'
import { measureRival, type Rival } from './rival.ts'

/** Labelled rows in event-time order, one column a feature. */
export interface TrainingRows {
  readonly atMs: Float64Array
  readonly targets: Float64Array
  /** From the event to its label, by their own clocks. */
  readonly labelDelayMs: Float64Array
  readonly features: readonly FeatureColumn[]
  readonly objectCount: number
  /** The share of the ids that the rows are of: under 1 where there were more than the row limit. */
  readonly sampledRatio: number
  /** 1 / `sampledRatio` for each row, where it is under 1. */
  readonly weights?: Float32Array
}
export type ReadTrainingRows = () => Promise<TrainingRows>

/** What a run of retrain came to. */
export type RetrainOutcome =
  | { readonly trained: false; readonly reason: string }
  | {
      readonly trained: true
      readonly version: string
      readonly trainer: string
      readonly holdoutLogLoss: number
      readonly promoted: boolean
      readonly reason: string
      readonly rows: number
      readonly sampledRatio: number
    }

/** The later share of the rows that a candidate is measured on and never trained on, at most. */
const holdoutRatio = 0.2
/** Rows kept in the bundle with their scores. */
const goldenRowCount = 20

/**
 * Trains a candidate on the earlier rows, measures it and the champion on the later ones, writes the bundle, and promotes it if it is better.
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
  /** `none` saves most of the time of a small training. */
  readonly report?: 'full' | 'none'
}): () => Promise<RetrainOutcome> {
  const { pipeline, readRows, models, load, nowMs, clockMs, residentBytes, report = 'full' } = ports
  const lateAfterMs = pipeline.labelArrivesWithinMs / 2

  return async () => {
    const phases = makePhases(clockMs, residentBytes)
    const rows = await readRows()
    const rowCount = rows.atMs.length
    const holdoutCount = Math.min(Math.ceil(rowCount * holdoutRatio), pipeline.retrain.holdoutRowsAtMost)
    if (holdoutCount < pipeline.promoteWhen.rowsAtLeast) {
      const reason = `${holdoutCount} holdout rows, ${pipeline.promoteWhen.rowsAtLeast} wanted: ${rowCount} labelled rows in ${rows.objectCount} objects`
      return { trained: false, reason }
    }
    const trainCount = rowCount - holdoutCount
    phases.end('read rows')
    const candidate = await trainCandidate(pipeline, rows, trainCount, clockMs)
    phases.end('train and export')
    if (!candidate.ok) return { trained: false, reason: candidate.reason }

    let outcome: RetrainOutcome | undefined
    await changePointer(models, pipeline.name, async champion => {
      const rival = await measureRival(pipeline, { models, load }, champion, rows, trainCount)
      phases.end('measure the rival')
      const decision = decidePromotion(pipeline.promoteWhen, candidate.contenders[0].holdout, rival)
      const { promote, reason } = decision
      const manifest = toManifest({ pipeline, rows, trainCount, candidate, rival, decision, champion, nowMs: nowMs() })
      const { version } = manifest
      await writeBundle(models, { onnx: candidate.onnx, manifest })
      if (report === 'full') {
        const about = { phases: phases.ended, lateAfterMs }
        await writeReport(models, pipeline.name, toRetrainReport(manifest, rows, trainCount, candidate, rival, about))
      }
      const [{ kind: trainer, holdout }] = candidate.contenders
      const about = { trainer, holdoutLogLoss: holdout.logLoss, rows: rowCount, sampledRatio: rows.sampledRatio }
      outcome = { trained: true, version, ...about, reason, promoted: promote }
      return promote ? toPromoted(champion, { version, reason, nowMs: nowMs() }) : undefined
    })
    return outcome!
  }
}

/** Keeps the report beside the bundle, for a program and for a person; a report that is there already is of the same rows. */
async function writeReport(models: Pick<ObjectStore, 'putIf'>, pipeline: string, report: RetrainReport): Promise<void> {
  const prefix = `bundles/${pipeline}/${report.version}`
  await models.putIf(`${prefix}/report.json`, Buffer.from(JSON.stringify(report, null, 2)), null)
  await models.putIf(`${prefix}/report.md`, Buffer.from(toReportText(report)), null)
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

function toRetrainReport(
  { version, decision, settings }: Manifest,
  { atMs, labelDelayMs, objectCount, sampledRatio }: TrainingRows,
  trainCount: number,
  { set, contenders }: Candidate,
  rival: Rival,
  { phases, lateAfterMs }: { readonly phases: readonly Phase[]; readonly lateAfterMs: number },
): RetrainReport {
  const rowCount = atMs.length
  const lateCount = labelDelayMs.reduce((count, delayMs) => count + Number(delayMs > lateAfterMs), 0)
  const span = { fromMs: atMs[0], splitMs: atMs[trainCount], toMs: atMs[rowCount - 1] }
  const rows = {
    train: trainCount,
    holdout: rowCount - trainCount,
    objectCount,
    sampledRatio,
    lateLabelRatio: lateCount / rowCount,
    ...span,
  }
  return makeReport({
    about: { version, decision, rows, settings, phases: [...phases] },
    holdout: sliceRows(set, trainCount, rowCount),
    contenders,
    rival,
    random: makeRandom(trainCount),
  })
}

function toManifest(parts: {
  readonly pipeline: Pipeline
  readonly rows: TrainingRows
  readonly trainCount: number
  readonly candidate: Candidate
  readonly rival: Rival
  readonly decision: Manifest['decision']
  readonly champion: ChampionPointer | null
  readonly nowMs: number
}): Manifest {
  const { pipeline, rows, trainCount, candidate, rival, decision, champion, nowMs } = parts
  const [{ kind, model, holdout }] = candidate.contenders
  const sha256 = sha256Of(candidate.onnx)
  const fromMs = rows.atMs[0]
  const toMs = rows.atMs[trainCount - 1]
  const rowCount = rows.atMs.length
  const goldenRows = toRows(rows.features, Math.max(0, rowCount - goldenRowCount), rowCount)
  return {
    version: `${new Date(toMs).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}-${sha256.slice(0, 8)}`,
    pipeline: pipeline.name,
    definition: pipeline.definition,
    sha256,
    trainer: kind,
    features: candidate.set.features.map(({ name, kind, categories }) => ({ name, kind, categories: [...categories] })),
    golden: {
      rows: goldenRows,
      scores: [...model.score(makeRowEncoder(candidate.set.features)(goldenRows))],
    },
    training: { rowCount: trainCount, fromMs, toMs },
    holdout,
    contenders: candidate.contenders.map(contender => ({
      trainer: contender.kind,
      holdout: contender.holdout,
      trainMs: contender.trainMs,
    })),
    rival: { name: rival.name, quality: rival.quality },
    decision,
    parent: champion?.version ?? null,
    settings: { ...pipeline.trainer[kind] },
    trainedAtMs: nowMs,
  }
}
