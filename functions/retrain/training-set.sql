-- The training set: archived feedback as one row an id, in event-time order. The same text runs on DuckDB, on Athena (Trino) and on Spark.
-- Only labels known by the cut-off count, and the window ends at the latest event that has one: the stream's own clock, not the machine's.
-- Above the row limit the ids with the lowest hashes are kept: an id is in the sample or out of it, whatever the files and the engine.
-- The sample is whole buckets of ids, by the first 16 of the hash's 32 bits, as many as the limit holds. So it depends on no id beyond the bucket
-- in which the limit is passed: a source may leave those out, if it leaves out all rows before the window too.
WITH known AS (
  SELECT id, "atMs", {{idHash}} AS id_hash FROM {{feedback}} -- narrow, since it is read twice and so held; the wide rows are read once, below
  WHERE definition = {{definition}} AND "labelAtMs" <= {{knownByMs}}
),
span AS (
  SELECT max("atMs") - {{windowMs}} AS after_ms FROM known
),
buckets AS (
  SELECT id_hash - mod(id_hash, 65536) AS from_hash, count(DISTINCT id) AS id_count FROM known CROSS JOIN span
  WHERE "atMs" > after_ms
  GROUP BY id_hash - mod(id_hash, 65536)
),
filled AS (
  SELECT from_hash, sum(id_count) OVER (ORDER BY from_hash) AS ids_so_far FROM buckets
),
sample AS (
  SELECT coalesce(min(from_hash), 4294967296) AS below_hash FROM filled WHERE ids_so_far > {{rowLimit}}
),
ranked AS (
  -- rank 1 is the last label of the id; a record that was archived twice has the same id twice
  SELECT feedback.*, below_hash, row_number() OVER (PARTITION BY id ORDER BY "labelAtMs" DESC, "offset" DESC, "partition" DESC) AS label_rank
  FROM {{feedback}} AS feedback CROSS JOIN span CROSS JOIN sample
  WHERE definition = {{definition}} AND "labelAtMs" <= {{knownByMs}} AND "atMs" > after_ms AND {{idHash}} < below_hash
)
SELECT
  CAST(below_hash AS DOUBLE) / 4294967296 AS "sampledRatio",
  CAST("atMs" AS DOUBLE) AS "atMs",
  CAST(target AS DOUBLE) AS target,
  CAST("labelAtMs" - "atMs" AS DOUBLE) AS "labelDelayMs",
  {{features}}
FROM ranked
WHERE label_rank = 1
ORDER BY ranked."atMs", ranked.id
