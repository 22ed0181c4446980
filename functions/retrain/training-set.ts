import type { Pipeline } from '#models/pipeline-compiler.ts'

/**
 * The training set as one query over the archived feedback files: one row an id (the last label wins), inside the window, in event-time order.
 *
 * The stream's own clock counts, not the machine's: the window ends at the latest event that has a label. `files` are paths on disk.
 */
export function trainingSetQuery(pipeline: Pipeline, files: readonly string[]): string {
  const features = pipeline.features.map(({ name }) => `"feature_${name}"`)
  return `
    WITH feedback AS (
      SELECT * FROM read_parquet([${files.map(quote).join(', ')}], union_by_name = true)
      WHERE definition = ${quote(pipeline.definition)}
    ), latest AS (
      SELECT * FROM feedback
      WHERE "atMs" > (SELECT max("atMs") FROM feedback) - ${pipeline.retrain.windowMs}
      QUALIFY row_number() OVER (PARTITION BY id ORDER BY "labelAtMs" DESC, "offset" DESC) = 1
    )
    SELECT CAST("atMs" AS DOUBLE) AS "atMs", CAST(target AS DOUBLE) AS target, ${features.join(', ')}
    FROM latest ORDER BY latest."atMs", id`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
