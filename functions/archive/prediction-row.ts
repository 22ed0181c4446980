import { isFeatureColumn } from '#models/archive-columns.ts'
import type { FeatureValue } from '#models/pipeline-compiler.ts'
import type { Arm, Decision, Prediction, ShadowScore } from '../records.ts'

/** A row of an archived object of topic `predictions`, as a reader of Parquet gives it: integers as bigint, null or nothing for null. */
export type ArchiveRow = Readonly<Record<string, unknown>>

/**
 * The prediction of an archive row; `JSON.stringify` of it is the record's value as it was in Kafka, byte for byte.
 *
 * Where the archive kept the raw value, which is for predictions of another layout or from another writer, it is parsed instead, and
 * the row's `value` holds the bytes. The row must hold all columns, in the order of the file.
 *
 * @example for (const row of await parquetReadObjects({ file })) console.log(toPrediction(row).score)
 */
export function toPrediction(row: ArchiveRow): Prediction {
  if (row.value != null) return JSON.parse(toText(row.value)) as Prediction
  const shadows = row.shadows == null ? [] : (JSON.parse(toText(row.shadows)) as ShadowScore[])
  return {
    id: toText(row.id),
    atMs: Number(row.atMs),
    score: (row.score as number | null | undefined) ?? null,
    decision: row.decision == null ? null : (toText(row.decision) as Decision),
    model: row.model == null ? null : toText(row.model),
    arm: toText(row.arm) as Arm,
    shadows,
    features: Object.keys(row)
      .filter(isFeatureColumn)
      .map(column => toFeature(row[column])),
    definition: toText(row.definition),
    source: { topic: toText(row.sourceTopic), partition: Number(row.sourcePartition), offset: Number(row.sourceOffset) },
    scoredAtMs: Number(row.scoredAtMs),
    ...(row.layerTrace != null && {
      layer: {
        version: Number(row.layerVersion),
        score: row.layerScore as number,
        trace: Buffer.from(row.layerTrace as Uint8Array).toString('base64'),
      },
    }),
  }
}

/** The value that infer writes for a prediction: its parts in their one order. */
export function toValue(prediction: Prediction): string {
  const { id, atMs, score, decision, model, arm, shadows, features, definition, source, scoredAtMs, layer } = prediction
  return JSON.stringify({ id, atMs, score, decision, model, arm, shadows, features, definition, source, scoredAtMs, layer })
}

function toFeature(value: unknown): FeatureValue {
  if (value == null) return null
  return typeof value === 'number' ? value : toText(value)
}

/** Text of a text column, or of bytes where the reader was told to leave text undecoded. */
function toText(value: unknown): string {
  return typeof value === 'string' ? value : Buffer.from(value as Uint8Array).toString('utf8')
}
