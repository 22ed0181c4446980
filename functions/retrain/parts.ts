import { createHash } from 'node:crypto'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { toHourPath } from '../archived/hours.ts'
import type { ArchivedHour } from '../archived/list-hours.ts'

/** What is prepared at once: one compacted object of an hour, or some of its small ones. Its rows' number is bounded by how the archive cuts objects. */
export interface Part {
  readonly hourStartMs: number
  /** Keys of archive objects. */
  readonly inputs: readonly string[]
  /** Rows of all definitions; 0 where nothing says how many. */
  readonly rowCount: number
  /** None of its events is later; Infinity where nothing says so. */
  readonly newestAtMostMs: number
  /** What the keys of its slices begin with; another definition, other inputs, another one. */
  readonly prefix: string
  readonly fingerprint: string
}

/** Raised when prepared rows change their form: those of before are no longer found, and expire. */
const cacheVersion = 1

/** Small objects that are prepared together: few enough that a part is never much work, many enough that an hour that waits for `compact` has few. */
const smallObjectsAtOnce = 1_024

/** Where the rows lie that retrain has prepared of a pipeline's archive. */
export const cachePrefix = (pipeline: Pick<Pipeline, 'name' | 'definition'>) =>
  `training/${pipeline.name}/${encodeURIComponent(pipeline.definition)}/`

/**
 * The parts of archived hours that may hold rows of the definition, in the order in which they may hold the stream's newest event: whoever
 * knows a late event can leave out all parts before its window.
 */
export function toParts(pipeline: Pipeline, hours: readonly ArchivedHour[]): Part[] {
  const parts = hours.flatMap(hour => [...compactedParts(pipeline, hour), ...tailParts(pipeline, hour)])
  return parts.sort((a, b) => compare(b.newestAtMostMs, a.newestAtMostMs) || b.hourStartMs - a.hourStartMs)
}

function compactedParts(pipeline: Pipeline, { hourStartMs, manifest }: ArchivedHour): Part[] {
  return (manifest?.objects ?? [])
    .filter(({ definitions }) => definitions?.includes(pipeline.definition) ?? true)
    .map(({ key, rowCount, eventMs }) => ({
      ...toPart(pipeline, hourStartMs, [key]),
      rowCount,
      newestAtMostMs: eventMs?.toMs ?? Number.POSITIVE_INFINITY,
    }))
}

function tailParts(pipeline: Pipeline, { hourStartMs, tail }: ArchivedHour): Part[] {
  const sorted = tail.toSorted()
  return Array.from({ length: Math.ceil(sorted.length / smallObjectsAtOnce) }, (_, at) => ({
    ...toPart(pipeline, hourStartMs, sorted.slice(at * smallObjectsAtOnce, (at + 1) * smallObjectsAtOnce)),
    rowCount: 0,
    newestAtMostMs: Number.POSITIVE_INFINITY,
  }))
}

function toPart(pipeline: Pipeline, hourStartMs: number, inputs: readonly string[]): Omit<Part, 'rowCount' | 'newestAtMostMs'> {
  const layout = pipeline.features.map(({ name, kind }) => [name, kind])
  const content = JSON.stringify([cacheVersion, pipeline.definition, layout, inputs])
  const fingerprint = createHash('sha256').update(content).digest('hex').slice(0, 16)
  return { hourStartMs, inputs, fingerprint, prefix: `${cachePrefix(pipeline)}${toHourPath(hourStartMs)}/${fingerprint}` }
}

/** Infinity is its own equal, which its difference is not. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b
}
