import type { EventReader, Payload } from '#models/pipeline-compiler.ts'
import { type Decoded, decodeJson, type Refusal } from '../decode.ts'
import type { KafkaRecord } from '../ports.ts'
import { runDefinition } from './run-definition.ts'

/** What a definition says of an event before it has features. */
export type EventChecks = Omit<EventReader, 'eventId'>

/** What else a reader of events is told, and tells. */
export interface Arrival {
  /** When Kafka took the record; absent where that is not known, as in a file: then no clock is wrong. */
  readonly recordedAtMs?: number | undefined
  /** Told of each cleaning rule that changed something. */
  readonly onRule?: ((rule: string) => void) | undefined
}

/** The event in a record: decoded, cleaned, valid, its clock right, and wanted by the filter. */
export function decodeEvent(reader: EventChecks, record: KafkaRecord, onRule?: (rule: string) => void): Decoded<Payload> {
  const json = decodeJson(record)
  return json.ok ? readEvent(reader, json.value, { recordedAtMs: record.recordedAtMs, onRule }) : json
}

/** The same of a payload that did not come as bytes. */
export function readEvent(reader: EventChecks, value: unknown, { recordedAtMs, onRule }: Arrival): Decoded<Payload> {
  const parsed = reader.parseEvent(value, onRule)
  if (!parsed.ok) return { ok: false, code: 'EVENT_INVALID', reason: `${parsed.field}: ${parsed.reason}` }
  const event = parsed.value
  const skew = recordedAtMs === undefined ? undefined : reader.clockSkew(reader.eventAtMs(event), recordedAtMs)
  if (skew !== undefined) return { ok: false, code: 'EVENT_INVALID', reason: skew }
  const isScored = runDefinition(() => reader.isScored(event))
  if (!isScored.ok) return isScored
  return isScored.value ? parsed : filtered
}

const filtered: Refusal = { ok: false, code: 'FILTERED', reason: "the definition's filter leaves it out" }
