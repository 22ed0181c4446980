import type { Pipeline } from '#models/pipeline-compiler.ts'
import { makeRandom } from '#models/random.ts'
import type { ObjectStore, TrainingRows } from '../ports.ts'
import type { Judgeable } from './candidate.ts'
import type { Judged } from './judge.ts'
import { makeReport, type Phase, type RetrainReport } from './report.ts'
import { toReportText } from './report-text.ts'

/** Keeps the report beside the bundle, for a program and for a person. */
export async function writeReport(
  { pipeline, models }: { readonly pipeline: Pipeline; readonly models: Pick<ObjectStore, 'put'> },
  rows: TrainingRows,
  candidate: Judgeable,
  judged: Judged,
  phases: readonly Phase[],
): Promise<void> {
  const report = await toReport(pipeline, rows, candidate, judged, phases)
  const prefix = `bundles/${pipeline.name}/${report.version}`
  await models.put(`${prefix}/report.json`, Buffer.from(JSON.stringify(report, null, 2)))
  await models.put(`${prefix}/report.md`, Buffer.from(toReportText(report)))
}

function toReport(
  pipeline: Pipeline,
  { atMs, labelDelayMs, objectCount, sampledRatio, sampledBecause, refused = [] }: TrainingRows,
  { contenders, holdout, learnt, gapRowCount, served, settings }: Judgeable,
  { rival, decision }: Judged,
  phases: readonly Phase[],
): Promise<RetrainReport> {
  const rowCount = atMs.length
  const lateAfterMs = pipeline.labelArrivesWithinMs / 2
  const lateCount = labelDelayMs.reduce((count, delayMs) => count + Number(delayMs > lateAfterMs), 0)
  const rows = {
    train: learnt.rowCount,
    gap: gapRowCount,
    holdout: holdout.block.rowCount,
    refit: served.isRefit ? served.trainedOn.rowCount : null,
    objectCount,
    sampledRatio,
    sampledBecause: sampledBecause ?? null,
    refused,
    lateLabelRatio: lateCount / rowCount,
    fromMs: learnt.fromMs,
    splitMs: atMs[rowCount - holdout.block.rowCount],
    toMs: atMs[rowCount - 1],
  }
  const { version, promote, reason, checks } = decision
  return makeReport({
    about: {
      version,
      decision: { promote, reason, checks },
      rows,
      settings,
      phases: [...phases],
    },
    holdout,
    contenders,
    rival,
    random: makeRandom(rowCount),
  })
}
