import type { InputPlan, Parsed, Payload, Pipeline } from '#models/pipeline-compiler.ts'
import { topicsOf } from '#models/topics.ts'
import type { OutgoingRecord } from '../ports.ts'

/** What a path takes. */
export interface CollectPath {
  /** The record of a value; its topic is the path's. */
  toRecord(value: unknown): Parsed<OutgoingRecord>
  /** What comes of records that are sent twice. */
  readonly ofRepeats: string
}

/**
 * The paths of a pipeline: `events`, `labels`, and one for each input.
 *
 * A table's row is known by its key, so there a value is `{ "key": …, "value": { … } }`, and the value null takes the row away.
 *
 * @example toPaths(pipeline).get('events')?.toRecord({ flightId: 7 }) // { ok: false, field: 'flightId', reason: … }
 */
export function toPaths(pipeline: Pipeline): ReadonlyMap<string, CollectPath> {
  const paths = topicsOf(pipeline).flatMap(({ name: topic, suffix, kind }): [string, CollectPath][] => {
    const input = pipeline.inputs.find(({ name }) => name === suffix)
    switch (kind) {
      case 'events':
        return [[suffix, toPath(topic, pipeline.parseEvent, pipeline.eventId, 'an id that comes twice makes one prediction')]]
      case 'labels':
        return [[suffix, toPath(topic, pipeline.parseLabel, pipeline.labelId, 'of two labels of an id the last one counts')]]
      case 'stream':
        return [[suffix, toPath(topic, input!.parse, input!.keyOf, 'windows count each of two same records')]]
      case 'table':
        return [[suffix, toTablePath(topic, input!)]]
      default:
        return []
    }
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

function toTablePath(topic: string, { parse }: InputPlan): CollectPath {
  return {
    ofRepeats: 'a row that comes twice replaces itself',
    toRecord(row) {
      if (typeof row !== 'object' || row === null || !('key' in row) || !('value' in row)) {
        return refuse('value', 'a row of a table must be an object with key and value')
      }
      const { key, value } = row
      if (typeof key === 'number' ? !Number.isFinite(key) : typeof key !== 'string' || key === '') {
        return refuse('key', `must be a text or a number, got ${JSON.stringify(key)}`)
      }
      if (value === null) return { ok: true, value: { topic, key: String(key), value: null } }
      const parsed = parse(value)
      return parsed.ok ? { ok: true, value: { topic, key: String(key), value: JSON.stringify(value) } } : parsed
    },
  }
}

const refuse = (field: string, reason: string) => ({ ok: false, field, reason }) as const
