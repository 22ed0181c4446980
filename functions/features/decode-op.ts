import type { EventReader, LabelReader, Memory, Payload } from '#models/pipeline-compiler.ts'
import { type Op, toOp, toRemoval } from '#models/windows/op.ts'
import type { SourcePlan } from '#models/windows/window-plan.ts'
import { type Decoded, decodeJson } from '../decode.ts'
import type { KafkaRecord } from '../ports.ts'
import { decodeEvent, type EventChecks } from './decode-event.ts'
import { runDefinition } from './run-definition.ts'

/** What a definition says of the records that feed windows and are no events. */
export type InputReader = Pick<Memory, 'inputs'> & Pick<LabelReader, 'parseLabel'> & Pick<EventReader, 'clockSkew'>

/** What windows keep of a record; of an event, the event as well. */
export interface Counted {
  readonly op: Op
  readonly event?: Payload
}

/** What windows keep of a record of any source; undefined where it cannot be read, or where a definition's filter leaves it out. */
export function decodeCounted(reader: EventChecks & InputReader, source: SourcePlan, record: KafkaRecord): Counted | undefined {
  if (source.name !== 'events') {
    const op = decodeOp(reader, source, record)
    return op.ok ? { op: op.value } : undefined
  }
  const event = decodeEvent(reader, record)
  const op = event.ok ? opOf(source, event.value) : event
  return event.ok && op.ok ? { op: op.value, event: event.value } : undefined
}

/** What windows keep of a valid payload of a source. */
export function opOf(source: SourcePlan, payload: Payload, key?: string): Decoded<Op> {
  return runDefinition(() => toOp(source, payload, key))
}

/** What windows and joins keep of a label, or of a record of another input; a table's record without a value takes its key's row away. */
export function decodeOp(reader: InputReader, source: SourcePlan, record: KafkaRecord): Decoded<Op> {
  const key = record.key?.toString()
  if (record.value === null && key !== undefined && isTable(reader, source)) return { ok: true, value: toRemoval(source, key) }
  const json = decodeJson(record)
  return json.ok ? readOp(reader, source, json.value, { key, recordedAtMs: record.recordedAtMs }) : json
}

/** The same of a payload that did not come as bytes. */
export function readOp(
  reader: InputReader,
  source: SourcePlan,
  value: unknown,
  { key, recordedAtMs }: { readonly key?: string | undefined; readonly recordedAtMs?: number | undefined },
): Decoded<Op> {
  const input = reader.inputs.find(({ name }) => name === source.name)
  const parsed = input ? input.parse(value) : reader.parseLabel(value)
  if (!parsed.ok) return { ok: false, code: 'RECORD_INVALID', reason: `${parsed.field}: ${parsed.reason}` }
  const hasClock = recordedAtMs !== undefined && !input?.isTable // a table's rows have none that could be wrong
  const skew = hasClock ? reader.clockSkew(source.timeOf(parsed.value), recordedAtMs) : undefined
  if (skew !== undefined) return { ok: false, code: 'RECORD_INVALID', reason: skew }
  return opOf(source, parsed.value, key)
}

/** Whether a source is a compacted topic, in which a key's latest record counts until it is replaced. */
export function isTable({ inputs }: Pick<Memory, 'inputs'>, { name }: Pick<SourcePlan, 'name'>): boolean {
  return inputs.some(input => input.name === name && input.isTable)
}
