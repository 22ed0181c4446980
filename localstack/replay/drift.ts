import type { Flight } from '#models/flights.ts'

/** How the meaning changes, as `--help` and the report say it. */
export const driftMeaning = 'a flight that was late counts as on time, and the other way round'

/** A delay of 16 minutes, the first that counts as late, becomes 15, the last that does not; and the other way round. */
const turnedAtMinutes = 15.5
/** The earliest that a label's delay may say. */
const earliestMinutes = -1_440

/** Flights whose labels turn round at some point, and the departure from which on they have. */
export interface DriftingFlights {
  readonly flights: AsyncGenerator<Flight>
  /** Null until then. */
  readonly changedAtMs: () => number | null
}

/**
 * The flights as they are up to a row, and with their delays mirrored from there on, so that late becomes on time.
 *
 * Only what the label says is changed, not when it comes: windows over labels, training and feedback all read it there. The first changed
 * flight departs later than the last one before it, so that a time tells them apart.
 *
 * @example turnLabels(readFlights(200_000), 100_000)
 */
export function turnLabels(flights: AsyncIterable<Flight> | Iterable<Flight>, fromRow: number): DriftingFlights {
  let changedAtMs: number | null = null
  async function* turned(): AsyncGenerator<Flight> {
    let row = 0
    let beforeMs = Number.NEGATIVE_INFINITY
    for await (const flight of flights) {
      if (changedAtMs === null && row >= fromRow && flight.departedAtMs > beforeMs) changedAtMs = flight.departedAtMs
      yield changedAtMs === null ? flight : { ...flight, delayMinutes: mirror(flight.delayMinutes) }
      beforeMs = flight.departedAtMs
      row++
    }
  }
  return { flights: turned(), changedAtMs: () => changedAtMs }
}

function mirror(delayMinutes: number): number {
  return Math.max(earliestMinutes, 2 * turnedAtMinutes - delayMinutes)
}
