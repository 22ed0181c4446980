import { type ArchiveRow, toPrediction } from '#functions/archive/prediction-row.ts'
import { decodePrediction } from '#functions/decode.ts'
import type { Prediction } from '#functions/records.ts'

/** What was predicted then, as the topic had it. */
export interface ThenRecord {
  readonly key: Uint8Array | null
  /** The record's value. */
  readonly value: string
  readonly prediction: Prediction
}

/** Reads an archived prediction; undefined where what stood in the topic was none: another format, or a tombstone. */
export function readThenRecord(row: ArchiveRow): ThenRecord | undefined {
  const key = row.key instanceof Uint8Array ? row.key : null
  if (row.value instanceof Uint8Array) {
    const value = Buffer.from(row.value)
    const decoded = decodePrediction({ value })
    return decoded.ok ? { key, value: value.toString('utf8'), prediction: decoded.value } : undefined
  }
  if (row.id === null || row.id === undefined) return undefined
  const prediction = toPrediction(row)
  return { key, value: JSON.stringify(prediction), prediction }
}
