import { featureColumn } from '#models/archive-columns.ts'
import type { FeatureValue, Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { decodeFeedback, decodePrediction } from '../decode.ts'
import type { Column, KafkaRecord } from '../ports.ts'
import type { Feedback, Prediction } from '../records.ts'
import { toValue } from './prediction-row.ts'

/**
 * The archive's table of a topic: the record as it came, and for predictions and feedback a typed column for each of their parts.
 *
 * The raw value is left out where the typed columns hold all of it: a prediction that comes out of them byte for byte, feedback whose
 * features are of this definition's layout. Where it is kept, a part that the columns cannot hold is null in them.
 */
export function toColumns(pipeline: Pipeline, records: readonly KafkaRecord[]): Column[] {
  const { topic } = records[0]
  if (topic === topicName(pipeline.name, 'predictions')) {
    const rows = records.map(record => orNull(decodePrediction(record), hasColumns))
    const isWhole = rows.map((row, at) => row !== null && fitsLayout(pipeline, row) && toValue(row) === String(records[at].value))
    return [...envelopeColumns(records, isWhole), ...predictionColumns(pipeline, rows)]
  }
  if (topic === topicName(pipeline.name, 'feedback')) {
    const rows = records.map(record => orNull(decodeFeedback(record), row => hasColumns(row) && hasLabelColumns(row)))
    const isWhole = rows.map(row => row !== null && fitsLayout(pipeline, row))
    return [...envelopeColumns(records, isWhole), ...predictionColumns(pipeline, rows), ...labelColumns(rows)]
  }
  return envelopeColumns(
    records,
    records.map(() => false),
  )
}

function orNull<T>(decoded: { readonly ok: true; readonly value: T } | { readonly ok: false }, isTyped: (value: T) => boolean): T | null {
  return decoded.ok && isTyped(decoded.value) ? decoded.value : null
}

/** Whether the clock times are whole numbers, which is all that integer columns hold. */
function hasColumns({ atMs, scoredAtMs }: Prediction): boolean {
  return [atMs, scoredAtMs].every(Number.isSafeInteger)
}

function hasLabelColumns({ labelAtMs }: Feedback): boolean {
  return Number.isSafeInteger(labelAtMs)
}

/** Whether the feature columns hold the row's features: made by this layout, each of its kind, texts in Unicode, which UTF-8 gives back. */
function fitsLayout({ features, definition }: Pipeline, row: Prediction): boolean {
  return (
    row.definition === definition &&
    row.features.length === features.length &&
    features.every(({ kind }, at) => {
      const value = row.features[at]
      return value === null || (kind === 'number' ? typeof value === 'number' : typeof value === 'string' && value.isWellFormed())
    })
  )
}

function envelopeColumns(records: readonly KafkaRecord[], isWhole: readonly boolean[]): Column[] {
  return [
    { name: 'partition', type: 'integer', values: records.map(record => record.partition) },
    { name: 'offset', type: 'integer', values: records.map(record => record.offset) },
    { name: 'recordedAtMs', type: 'integer', values: records.map(record => record.recordedAtMs) },
    { name: 'key', type: 'bytes', values: records.map(record => record.key) },
    { name: 'value', type: 'bytes', values: records.map((record, row) => (isWhole[row] ? null : record.value)) },
    { name: 'headers', type: 'text', values: records.map(headersToJson) },
  ]
}

/** Headers as JSON, values in base64; null where there are none. */
function headersToJson({ headers }: KafkaRecord): string | null {
  return headers.length === 0 ? null : JSON.stringify(headers.map(([name, value]) => [name, value.toString('base64')]))
}

function predictionColumns(pipeline: Pipeline, rows: readonly (Prediction | null)[]): Column[] {
  const column = (name: string, type: Column['type'], read: (row: Prediction) => FeatureValue): Column => {
    return { name, type, values: rows.map(row => (row ? read(row) : null)) }
  }
  return [
    column('id', 'text', row => row.id),
    column('atMs', 'integer', row => row.atMs),
    column('score', 'number', row => row.score),
    column('decision', 'text', row => row.decision),
    column('model', 'text', row => row.model),
    column('arm', 'text', row => row.arm),
    column('shadows', 'text', row => (row.shadows.length === 0 ? null : JSON.stringify(row.shadows))),
    column('definition', 'text', row => row.definition),
    column('scoredAtMs', 'integer', row => row.scoredAtMs),
    column('sourceTopic', 'text', row => row.source.topic),
    column('sourcePartition', 'integer', row => row.source.partition),
    column('sourceOffset', 'integer', row => row.source.offset),
    ...layerColumns(rows),
    ...featureColumns(pipeline, rows),
  ]
}

/** What the layer gave; the trace as bytes. */
function layerColumns(rows: readonly (Prediction | null)[]): Column[] {
  const layers = rows.map(row => row?.layer ?? null)
  return [
    { name: 'layerVersion', type: 'integer', values: layers.map(layer => layer?.version ?? null) },
    { name: 'layerScore', type: 'number', values: layers.map(layer => layer?.score ?? null) },
    { name: 'layerTrace', type: 'bytes', values: layers.map(layer => (layer ? Buffer.from(layer.trace, 'base64') : null)) },
  ]
}

/** A column for each feature of the definition; null for rows of another layout, whose value is kept as it came. */
function featureColumns(pipeline: Pipeline, rows: readonly (Prediction | null)[]): Column[] {
  return pipeline.features.map((feature, at) => ({
    name: featureColumn(feature),
    type: feature.kind === 'number' ? ('number' as const) : ('text' as const),
    values: rows.map(row => (row && fitsLayout(pipeline, row) ? row.features[at] : null)),
  }))
}

function labelColumns(rows: readonly (Feedback | null)[]): Column[] {
  return [
    { name: 'target', type: 'integer', values: rows.map(row => row?.target ?? null) },
    { name: 'labelAtMs', type: 'integer', values: rows.map(row => row?.labelAtMs ?? null) },
    { name: 'labelPartition', type: 'integer', values: rows.map(row => row?.labelSource.partition ?? null) },
    { name: 'labelOffset', type: 'integer', values: rows.map(row => row?.labelSource.offset ?? null) },
  ]
}
