import { MillraceError } from '#models/errors.ts'
import type { Flight } from '#models/flights.ts'
import { makeHeap } from '#models/heap.ts'

/** What the replay publishes: a flight's event, its label, or a broken event that `corrupt` mixed in. */
export interface StreamRecord {
  readonly kind: 'event' | 'label' | 'broken'
  /** When it is published, by the clock of the events. */
  readonly atMs: number
  readonly key: string
  readonly value: Buffer | string | null
}

/** Records in event time, one by one. */
export type RecordStream = AsyncIterable<StreamRecord> | Iterable<StreamRecord>

/**
 * Events and labels in the order in which the world learns of them: each flight when it departs, its label when it has landed.
 *
 * At the same millisecond events come first, labels by id. Only the flights in the air are held. The flights must come in the order
 * of their departure.
 *
 * @throws FILE_INVALID where a flight departs before the one ahead of it
 * @example for await (const { kind, atMs, key, value } of merge(readFlights(100))) console.log(kind, atMs, key, value)
 */
export async function* merge(flights: AsyncIterable<Flight> | Iterable<Flight>): AsyncGenerator<StreamRecord> {
  const inTheAir = makeHeap<Flight>(landsBefore)
  let nowMs = Number.NEGATIVE_INFINITY
  for await (const flight of flights) {
    if (flight.departedAtMs < nowMs) throw new MillraceError('FILE_INVALID', `flights must be in order, ${flight.flightId} is late`)
    nowMs = flight.departedAtMs
    for (let next = inTheAir.peek(); next && next.landedAtMs < nowMs; next = inTheAir.peek()) {
      inTheAir.pop()
      yield toLabel(next)
    }
    yield toEvent(flight)
    inTheAir.push(flight)
  }
  for (let next = inTheAir.pop(); next; next = inTheAir.pop()) yield toLabel(next)
}

function landsBefore(a: Flight, b: Flight): boolean {
  return a.landedAtMs < b.landedAtMs || (a.landedAtMs === b.landedAtMs && a.flightId < b.flightId)
}

function toEvent({ flightId, departedAtMs, origin, destination, distanceMiles }: Flight): StreamRecord {
  const value = JSON.stringify({ flightId, departedAtMs, origin, destination, distanceMiles })
  return { kind: 'event', atMs: departedAtMs, key: flightId, value }
}

/** A landing report names its route, so that it can be counted at its airports by whoever has not seen the departure. */
function toLabel({ flightId, landedAtMs, origin, destination, delayMinutes }: Flight): StreamRecord {
  const value = JSON.stringify({ flightId, landedAtMs, origin, destination, delayMinutes })
  return { kind: 'label', atMs: landedAtMs, key: flightId, value }
}
