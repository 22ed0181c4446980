-- The training set: archived feedback as one row an id, in event-time order. The same text runs on DuckDB and on Athena (Trino).
-- Only labels known by the cut-off count, and the window ends at the latest event that has one: the stream's own clock, not the machine's.
-- Above the row limit the ids with the lowest hashes are kept: an id is in the sample or out of it, whatever the files and the engine.
WITH known AS (
  SELECT id, "atMs" FROM {{feedback}} -- narrow, since it is read twice and so held; the wide rows are read once, below
  WHERE definition = {{definition}} AND "labelAtMs" <= {{knownByMs}}
),
span AS (
  SELECT max("atMs") - {{windowMs}} AS after_ms FROM known
),
total AS (
  SELECT count(DISTINCT id) AS id_count FROM known CROSS JOIN span
  WHERE "atMs" > after_ms
),
ranked AS (
  -- rank 1 is the last label of the id; a record that was archived twice has the same id twice
  SELECT feedback.*, id_count, row_number() OVER (PARTITION BY id ORDER BY "labelAtMs" DESC, "offset" DESC, "partition" DESC) AS label_rank
  FROM {{feedback}} AS feedback CROSS JOIN span CROSS JOIN total
  WHERE definition = {{definition}} AND "labelAtMs" <= {{knownByMs}} AND "atMs" > after_ms
    AND (id_count <= {{rowLimit}} OR {{idHash}} * id_count < {{rowLimit}} * 4294967296) -- the hash has 32 bits
)
SELECT
  CAST(id_count AS DOUBLE) AS "idCount",
  CAST("atMs" AS DOUBLE) AS "atMs",
  CAST(target AS DOUBLE) AS target,
  CAST("labelAtMs" - "atMs" AS DOUBLE) AS "labelDelayMs",
  {{features}}
FROM ranked
WHERE label_rank = 1
ORDER BY ranked."atMs", ranked.id
