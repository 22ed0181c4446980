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

/**
 * Rows above which ids are sampled.
 *
 * A row costs 8 bytes each for time, target, label delay and every feature as columns, and 4 a feature in the block that models read: 132
 * bytes with the 9 features of flights, 264 MB at the limit. With DuckDB's share, which it has returned when training begins, the process then
 * peaks at 1.1 GB of retrain's 3 GB.
 */
const rowLimit = 2_000_000
/** The latest time that a Date holds: every label in the archive is known, so the stream's own clock is the cut-off. */
export const latestTimeMs = 8.64e15

/**
 * Fills the placeholders of training-set.sql for a pipeline; names and texts are quoted here and nowhere else.
 *
 * @throws Error where the text holds a placeholder that is not known
 * @example fillQuery(text, pipeline, athenaFeedback('millrace', 'flights_feedback'), { rowLimit: 2_000_000, knownByMs: latestTimeMs })
 */
export function fillQuery(text: string, pipeline: Pipeline, source: FeedbackSource, { rowLimit, knownByMs }: TrainingCut): string {
  const fills: Readonly<Record<string, string>> = {
    ...source,
    definition: quoteText(pipeline.definition),
    windowMs: String(pipeline.retrain.windowMs),
    rowLimit: String(rowLimit),
    knownByMs: String(knownByMs),
    features: pipeline.features.map(toFeatureColumn).join(',\n  '),
  }
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_match, name: string) => {
    if (fills[name] === undefined) throw new Error(`training-set.sql may name ${Object.keys(fills).join(', ')}, got ${name}`)
    return fills[name]
  })
}

/**
 * Archive files on disk, as DuckDB reads them.
 *
 * A feature that no file has a column for, as just after a change of the definition, is null in all rows.
 */
function duckdbFeedback(pipeline: Pipeline, files: readonly string[]): FeedbackSource {
  const columns = pipeline.features.map(({ name, kind }) => `CAST(NULL AS ${sqlTypes[kind]}) AS ${featureName(name)}`)
  return {
    feedback: `(
    SELECT * FROM read_parquet([${files.map(quoteText).join(', ')}], union_by_name = true)
    UNION ALL BY NAME SELECT ${columns.join(', ')} WHERE false
  )`,
    idHash: `CAST('0x' || substr(md5(id), 1, 8) AS BIGINT)`,
  }
}

/** The training query over archive files on disk: all labels that they hold, at most `rowLimit` rows, unless told otherwise. */
export function toDuckdbQuery(text: string, pipeline: Pipeline, files: readonly string[], cut: Partial<TrainingCut> = {}): string {
  return fillQuery(text, pipeline, duckdbFeedback(pipeline, files), { rowLimit, knownByMs: latestTimeMs, ...cut })
}

/** A table of the archive's feedback objects, as Athena reads it. */
export function athenaFeedback(database: string, table: string): FeedbackSource {
  return {
    feedback: `${quoteName(database)}.${quoteName(table)}`,
    idHash: 'from_base(substr(to_hex(md5(to_utf8(id))), 1, 8), 16)',
  }
}

const sqlTypes = { number: 'DOUBLE', category: 'VARCHAR' } as const

/** A column may have had another type under an earlier definition: its rows are left out, but the engine sees the wider type. */
function toFeatureColumn({ name, kind }: Pipeline['features'][number]): string {
  return `TRY_CAST(${featureName(name)} AS ${sqlTypes[kind]}) AS ${featureName(name)}`
}

function featureName(name: string): string {
  return quoteName(`feature_${name}`)
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
