import type { Arm, Decision, Prediction, ShadowScore } from '../../functions/records.ts'
import { type ArchiveRow, toText } from './archive-reader.ts'

const featurePrefix = 'feature_'

/**
 * The prediction that was archived as this row, its fields in the record's own order, so that its JSON is the record's value again.
 *
 * Undefined where the row kept the raw value: what was in the topic was no prediction.
 */
export function toPrediction(row: ArchiveRow): Prediction | undefined {
  if (!isThere(row.id)) return undefined
  return {
    id: toText(row.id),
    atMs: Number(row.atMs),
    score: isThere(row.score) ? Number(row.score) : null,
    decision: toTextOrNull(row.decision) as Decision | null,
    model: toTextOrNull(row.model),
    arm: toText(row.arm) as Arm,
    shadows: isThere(row.shadows) ? (JSON.parse(toText(row.shadows)) as ShadowScore[]) : [],
    features: Object.keys(row)
      .filter(name => name.startsWith(featurePrefix))
      .map(name => (typeof row[name] === 'number' ? row[name] : toTextOrNull(row[name]))),
    definition: toText(row.definition),
    source: { topic: toText(row.sourceTopic), partition: Number(row.sourcePartition), offset: Number(row.sourceOffset) },
    scoredAtMs: Number(row.scoredAtMs),
  }
}

function isThere(value: unknown): boolean {
  return value !== null && value !== undefined
}

function toTextOrNull(value: unknown): string | null {
  return isThere(value) ? toText(value) : null
}
