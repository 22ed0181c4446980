import type { InputPlan, Parsed, Payload, Pipeline } from '#models/pipeline-compiler.ts'
import { httpPathsOf, topicsOf } from '#models/topics.ts'
import type { OutgoingRecord } from '../ports.ts'

/** What a path takes. */
export interface CollectPath {
  /** The record of a value; its topic is the path's. */
  toRecord(value: unknown): Parsed<OutgoingRecord>
  /** What comes of records that are sent twice. */
  readonly ofRepeats: string
}

/**
 * The paths of a pipeline: `events`, `labels`, one for each input, and for each table one that takes rows away.
 *
 * A table's row is known by its key, so there a value is `{ "key": …, "value": { … } }`; `<table>.removals` takes `{ "key": … }`.
 *
 * @example toPaths(pipeline).get('events')?.toRecord({ flightId: 7 }) // { ok: false, field: 'flightId', reason: … }
 */
export function toPaths(pipeline: Pipeline): ReadonlyMap<string, CollectPath> {
  const paths = httpPathsOf(topicsOf(pipeline)).map(({ path, topic: { name, suffix, kind }, removes }): [string, CollectPath] => {
    if (kind === 'events') return [path, toPath(name, pipeline.parseEvent, pipeline.eventId, 'an id that comes twice makes one prediction')]
    if (kind === 'labels') return [path, toPath(name, pipeline.parseLabel, pipeline.labelId, 'of two labels of an id the last one counts')]
    const input = pipeline.inputs.find(each => each.name === suffix)!
    if (kind === 'stream') return [path, toPath(name, input.parse, input.keyOf, 'windows count each of two same records')]
    return [path, removes ? toRemovalPath(name) : toTablePath(name, input)]
  })
  return new Map(paths)
}

function toPath(
  topic: string,
  parse: (value: unknown) => Parsed<Payload>,
  keyOf: (payload: Payload) => string | null,
  ofRepeats: string,
): CollectPath {
  return {
    ofRepeats,
    toRecord(value) {
      const parsed = parse(value)
      if (!parsed.ok) return parsed
      try {
        return { ok: true, value: { topic, key: keyOf(parsed.value), value: JSON.stringify(value) } }
      } catch (error) {
        return refuse('value', `the definition's key function threw: ${(error as Error).message}`)
      }
    },
  }
}

function toTablePath(topic: string, { name, parse }: InputPlan): CollectPath {
  return {
    ofRepeats: 'a row that comes twice replaces itself',
    toRecord(row) {
      if (!isObject(row) || !('key' in row) || !('value' in row)) {
        return refuse('value', 'a row of a table must be an object with key and value')
      }
      const key = parseKey(row.key)
      if (!key.ok) return key
      if (row.value === null) return refuse('value', `must be a row; the path ${name}.removals takes rows away`)
      const parsed = parse(row.value)
      return parsed.ok ? { ok: true, value: { topic, key: key.value, value: JSON.stringify(row.value) } } : parsed
    },
  }
}

function toRemovalPath(topic: string): CollectPath {
  return {
    ofRepeats: 'a row that is gone stays gone',
    toRecord(removal) {
      if (!isObject(removal) || Object.keys(removal).join() !== 'key')
        return refuse('value', 'a removal must be an object with a key and no more')
      const key = parseKey(removal.key)
      return key.ok ? { ok: true, value: { topic, key: key.value, value: null } } : key
    },
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

function parseKey(key: unknown): Parsed<string> {
  if (typeof key === 'number' ? Number.isFinite(key) : typeof key === 'string' && key !== '') return { ok: true, value: String(key) }
  return refuse('key', `must be a text or a number, got ${JSON.stringify(key)}`)
}

const refuse = (field: string, reason: string) => ({ ok: false, field, reason }) as const
