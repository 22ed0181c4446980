import type { Pipeline } from '#models/pipeline-compiler.ts'
import { isMachineFailure } from '../machine-failure.ts'
import type { LocalDatabase, ObjectStore } from '../ports.ts'
import { fetchFiles } from './fetch-files.ts'
import type { HashSpan, Slice } from './slices.ts'
import { bucketHashes, hashCount, preparedTypes, quoteText } from './training-set.ts'

/** The table of the rows that the training query reads. */
export const rowsTable = 'prepared'

/** Rows loaded above the limit: hashes are even to a thousandth at a million rows, and a pass of the limit must be seen. */
const rowMargin = 1.02

/** Slices open in one query. */
const slicesAtOnce = 64

export interface LoadPorts {
  readonly pipeline: Pipeline
  readonly store: Pick<ObjectStore, 'get'>
  readonly database: LocalDatabase
  /** Makes the slices anew that a cut or lost one is of; gives all slices of the part. */
  readonly remake: (slice: Slice) => Promise<readonly Slice[]>
}

/**
 * Fills the table with the rows after `afterMs` of the ids with the lowest hashes: of as many ids as the training query can need to fill its
 * limit and to see that it is passed, or of all. More hashes are taken in until that is so, twice as many each time.
 *
 * Memory and bytes read follow the limit, whatever the slices hold in all.
 */
export async function loadSlices(
  ports: LoadPorts,
  slices: readonly Slice[],
  { afterMs, rowLimit }: { readonly afterMs: number; readonly rowLimit: number },
): Promise<void> {
  const { pipeline, database } = ports
  await database.run(`CREATE TABLE ${rowsTable} (${preparedTypes(pipeline)})`)
  for (
    let span: HashSpan = { from: 0, below: firstBelow(slices, rowLimit) };
    ;
    span = { from: span.below, below: Math.min(hashCount, 2 * span.below) }
  ) {
    await loadSpan(ports, slices, span, afterMs)
    if (span.below === hashCount) return
    const [idCount] = await database.readNumbers(`SELECT count(DISTINCT id) FROM ${rowsTable}`)
    if (idCount! > rowLimit) return
  }
}

/** The hash below which there are, by the slices' row counts, somewhat more rows than the limit: whole buckets of the query, at least one. */
function firstBelow(slices: readonly Slice[], rowLimit: number): number {
  const rowCount = slices.reduce((sum, slice) => sum + slice.rowCount, 0)
  const bucketCount = Math.ceil(((rowLimit * rowMargin) / Math.max(1, rowCount)) * (hashCount / bucketHashes))
  return Math.min(hashCount, Math.max(1, bucketCount) * bucketHashes)
}

async function loadSpan(ports: LoadPorts, slices: readonly Slice[], { from, below }: HashSpan, afterMs: number): Promise<void> {
  const inSpan = slices.filter(slice => slice.rowCount > 0 && slice.from < below && slice.below > from)
  const cut = `WHERE "idHash" >= ${from} AND "idHash" < ${below} AND "atMs" > ${afterMs}`
  for (let at = 0; at < inSpan.length; at += slicesAtOnce) {
    const group = inSpan.slice(at, at + slicesAtOnce)
    try {
      await insert(ports, group, cut)
    } catch (error) {
      if (isMachineFailure(error)) throw error
      for (const slice of group) await insertOrRemake(ports, slice, cut)
    }
  }
}

async function insertOrRemake(ports: LoadPorts, slice: Slice, cut: string): Promise<void> {
  try {
    await insert(ports, [slice], cut)
  } catch (error) {
    if (isMachineFailure(error)) throw error
    const remade = (await ports.remake(slice)).filter(({ from, below }) => from < slice.below && below > slice.from)
    await insert(ports, remade, `${cut} AND "idHash" >= ${slice.from} AND "idHash" < ${slice.below}`)
  }
}

async function insert({ store, database }: LoadPorts, slices: readonly Slice[], cut: string): Promise<void> {
  const names = slices.map((_, at) => `slice_${at}.parquet`)
  const keys = slices.map(({ key }) => key)
  const files = await fetchFiles({ store, database }, keys, names)
  await database.run(`INSERT INTO ${rowsTable} SELECT * FROM read_parquet([${files.map(quoteText).join(', ')}]) ${cut}`)
  await database.removeFiles(names)
}
