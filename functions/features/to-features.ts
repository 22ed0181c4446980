import type { EventReader, FeatureMaker, FeatureValue, Payload } from '#models/pipeline-compiler.ts'
import type { Windows } from '#models/windows/windows.ts'
import type { Decoded } from '../decode.ts'
import type { FeaturesRecord, Source } from '../records.ts'
import { checkSize } from './check-size.ts'
import { toRefusal } from './judge.ts'
import { runDefinition } from './run-definition.ts'

/** What a definition makes of an event, and what it says of it. */
export type RecordMaker = Pick<FeatureMaker, 'toFeatures' | 'definition'> & Pick<EventReader, 'eventId' | 'eventAtMs'>

/** What is known of an event beside itself: aggregates, and rows of the inputs that it joins with. */
export type WindowReader = Pick<Windows, 'read' | 'readRows'>

/** A valid event and its place in Kafka. */
export interface PlacedEvent {
  readonly event: Payload
  readonly source: Source
}

/** Joins an event with what windows hold at its moment, and makes its vector; without windows all of that is null. */
export function toVector(
  { toFeatures }: Pick<FeatureMaker, 'toFeatures'>,
  event: Payload,
  windows?: WindowReader,
): Decoded<readonly FeatureValue[]> {
  const made = runDefinition(() => toFeatures(event, windows?.read(event), windows?.readRows(event)))
  return made.ok ? checkSize(made.value) : made
}

/** The vector as topic `features` has it. */
export function toFeaturesRecord(maker: RecordMaker, { event, source }: PlacedEvent, windows?: WindowReader): Decoded<FeaturesRecord> {
  const vector = toVector(maker, event, windows)
  if (!vector.ok) return vector
  const { eventId, eventAtMs, definition } = maker
  return { ok: true, value: { id: eventId(event), atMs: eventAtMs(event), features: vector.value, definition, source } }
}

/** What became of an event at its moment. */
export interface VisitedEvent {
  readonly outcome: Decoded<FeaturesRecord>
  /** An event of its id came before: windows leave this one out. */
  readonly isRepeat: boolean
}

/** Judges an event at its moment, by the windows of before it, and makes its features where it is to have any. */
export function visitEvent(
  maker: RecordMaker,
  { isLate, ...placed }: PlacedEvent & { readonly isLate: boolean },
  windows: WindowReader & Pick<Windows, 'isRepeat' | 'plan'>,
): VisitedEvent {
  const isRepeat = windows.isRepeat(placed.event)
  const refusal = toRefusal(windows.plan.lateness, { isLate, isRepeat })
  return { outcome: refusal ?? toFeaturesRecord(maker, placed, windows), isRepeat }
}
