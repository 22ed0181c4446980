import { featureColumn } from '#models/archive-columns.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'

/** What differs from engine to engine: where the feedback is read from, and the first 32 bits of an id's MD5 as an integer. */
export interface FeedbackSource {
  readonly feedback: string
  readonly idHash: string
}

/** Which rows of the feedback make the training set. */
export interface TrainingCut {
  /** Above this many ids the query samples them. */
  readonly rowLimit: number
  /** Labels after this clock time of the stream are not used. */
  readonly knownByMs: number
}

/** The latest time that a Date holds: every label in the archive is known, so the stream's own clock is the cut-off. */
export const latestTimeMs = 8.64e15

/** Hashes of ids are below this. */
export const hashCount = 2 ** 32

/** Hashes of a bucket of the query: ids are in the sample or out of it by whole buckets. */
export const bucketHashes = 2 ** 16

/**
 * Fills the placeholders of training-set.sql for a pipeline; names and texts are quoted here and nowhere else.
 *
 * @throws Error where the text holds a placeholder that is not known
 * @example fillQuery(text, pipeline, athenaFeedback('millrace', 'flights_feedback'), { rowLimit: 2_000_000, knownByMs: latestTimeMs })
 */
export function fillQuery(text: string, pipeline: Pipeline, source: FeedbackSource, { rowLimit, knownByMs }: TrainingCut): string {
  const fills: Readonly<Record<string, string>> = {
    feedback: source.feedback,
    idHash: source.idHash,
    definition: quoteText(pipeline.definition),
    windowMs: String(pipeline.retrain.windowMs),
    rowLimit: String(rowLimit),
    knownByMs: String(knownByMs),
    features: pipeline.features.map(columnOf).join(',\n  '),
  }
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_match, name: string) => {
    if (fills[name] === undefined) throw new Error(`training-set.sql may name ${Object.keys(fills).join(', ')}, got ${name}`)
    return fills[name]
  })
}

/** A table of the archive's feedback objects, as Athena reads it. */
export function athenaFeedback(database: string, table: string): FeedbackSource {
  return {
    feedback: `${quoteName(database)}.${quoteName(table)}`,
    idHash: 'from_base(substr(to_hex(md5(to_utf8(id))), 1, 8), 16)',
  }
}

/** A view of archive files, as a job of Spark makes it. */
export function sparkFeedback(view: string): FeedbackSource {
  return { feedback: view, idHash: 'CAST(conv(substr(md5(id), 1, 8), 16, 10) AS BIGINT)' }
}

/** The hash of an id, as DuckDB computes it. */
export const duckdbIdHash = `CAST('0x' || substr(md5(id), 1, 8) AS BIGINT)`

/**
 * Archive files on disk, as DuckDB reads them: files of several layouts side by side.
 *
 * A column that no file has, as a feature just after a change of the definition, is null in all rows.
 */
export function duckdbFiles(pipeline: Pipeline, files: readonly string[]): string {
  const columns = [
    ...rowColumns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteName(name)}`),
    'CAST(NULL AS VARCHAR) AS definition',
    ...pipeline.features.map(feature => `CAST(NULL AS ${sqlTypes[feature.kind]}) AS ${columnOf(feature)}`),
  ]
  return `(
    SELECT * FROM read_parquet([${files.map(quoteText).join(', ')}], union_by_name = true)
    UNION ALL BY NAME SELECT ${columns.join(', ')} WHERE false
  )`
}

/** Columns of a feedback row that the query reads, beside its definition and its features. */
const rowColumns = [
  { name: 'id', type: 'VARCHAR' },
  { name: 'atMs', type: 'BIGINT' },
  { name: 'target', type: 'BIGINT' },
  { name: 'labelAtMs', type: 'BIGINT' },
  { name: 'offset', type: 'BIGINT' },
  { name: 'partition', type: 'BIGINT' },
] as const

/** The columns of prepared rows and their types, in the order in which `prepareColumns` gives them: the hash of the id, then what the query reads. */
export function preparedTypes({ features }: Pipeline): string {
  const columns = [
    '"idHash" BIGINT',
    ...rowColumns.map(({ name, type }) => `${quoteName(name)} ${type}`),
    ...features.map(feature => `${columnOf(feature)} ${sqlTypes[feature.kind]}`),
  ]
  return columns.join(', ')
}

/** Of archive rows what the query reads, in DuckDB's words. */
export function preparedColumns({ features }: Pipeline): string {
  return [duckdbIdHash, ...rowColumns.map(({ name }) => quoteName(name)), ...features.map(columnOf)].join(', ')
}

/** A table of prepared rows of the pipeline's definition, as the query reads it. */
export function preparedFeedback(pipeline: Pipeline, table: string): FeedbackSource {
  return { feedback: `(SELECT *, ${quoteText(pipeline.definition)} AS definition FROM ${table})`, idHash: '"idHash"' }
}

const sqlTypes = { number: 'DOUBLE', category: 'VARCHAR' } as const

function columnOf(feature: Pipeline['features'][number]): string {
  return quoteName(featureColumn(feature))
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
