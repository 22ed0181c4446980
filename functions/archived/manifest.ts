import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'
import type { ObjectStore } from '../ports.ts'
import { manifestKey } from './keys.ts'

const count = z.int().min(0)
const times = z.strictObject({ fromMs: z.int(), toMs: z.int() })

const compactedObject = z.strictObject({
  key: z.string(),
  rowCount: count,
  byteCount: count,
  recordedMs: times,
  eventMs: times.optional(),
  labelMs: times.optional(),
  definitions: z.array(z.string()).readonly().optional(),
  offsets: z.array(z.strictObject({ partition: count, first: count, last: count })).readonly(),
})

const manifest = z.strictObject({
  version: z.literal(1),
  topic: z.string(),
  hourStartMs: z.int(),
  revision: count,
  objects: z.array(compactedObject),
  inputs: z.array(z.string()),
  refused: z.array(z.strictObject({ name: z.string(), etag: z.string(), reason: z.string() })),
  closedAtMs: z.int(),
})

/**
 * A large object of a compacted hour. `eventMs` and `labelMs` are those of `atMs` and `labelAtMs`, and `definitions` the layouts of its rows,
 * where the topic has these columns and one of the rows has a value. Rows are in the order of their times in Kafka, then of partition and offset.
 */
export type CompactedObject = Readonly<z.infer<typeof compactedObject>>

/**
 * What a compacted hour is made of. All rows of all `objects` are the hour's, each (partition, offset) once. `inputs` names the small objects
 * whose rows are among them and which may still be there; `refused` those that are no Parquet and stay where they are, as their tags know them.
 * `revision` is another whenever `objects` are.
 */
export type Manifest = Readonly<z.infer<typeof manifest>>

/** A manifest, and the tag by which it is replaced. */
export interface StoredManifest {
  readonly manifest: Manifest
  readonly etag: string
}

/**
 * The manifest in these bytes.
 *
 * @throws FILE_INVALID for one that is cut, or of another shape
 */
export function parseManifest(body: Uint8Array, key: string): Manifest {
  const parsed = parseFile(manifest, body, key)
  if (manifestKey(parsed.topic, parsed.hourStartMs) === key) return parsed
  throw toUnreadable(key, body, `that of ${manifestKey(parsed.topic, parsed.hourStartMs)}`)
}

/** A manifest's bytes. */
export function encodeManifest(value: Manifest): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

/** The manifest of an hour; undefined where it is not compacted. @throws FILE_INVALID for one that is cut */
export async function readManifest(
  store: Pick<ObjectStore, 'get'>,
  topic: string,
  hourStartMs: number,
): Promise<StoredManifest | undefined> {
  const key = manifestKey(topic, hourStartMs)
  const stored = await store.get(key)
  return stored && { manifest: parseManifest(stored.body, key), etag: stored.etag }
}

const day = z.strictObject({ version: z.literal(1), hours: z.array(manifest) })

/** The manifests of a day's hours in one object, so that a year is read in 365 requests: a copy, which may be older than the hour's own. */
export type Day = Readonly<z.infer<typeof day>>

/** @throws FILE_INVALID for one that is cut, or of another shape */
export function parseDay(body: Uint8Array, key: string): Day {
  return parseFile(day, body, key)
}

export function encodeDay(value: Day): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

function parseFile<T>(shape: z.ZodType<T>, body: Uint8Array, key: string): T {
  try {
    return shape.parse(JSON.parse(Buffer.from(body).toString('utf8')))
  } catch (cause) {
    const said = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message
    throw toUnreadable(key, body, said, cause)
  }
}

function toUnreadable(key: string, body: Uint8Array, said: string, cause?: unknown): MillraceError {
  const message = `${key} is no manifest of its hour (${body.length} bytes: ${said}); the step compact writes it anew at its next run, or restore it from the bucket's versions`
  return new MillraceError('FILE_INVALID', message, { cause })
}
