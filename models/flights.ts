const minuteMs = 60_000

/** A flight that has landed: its event's fields, then its label's. */
export interface Flight {
  readonly flightId: string
  readonly departedAtMs: number
  readonly origin: string
  readonly destination: string
  readonly distanceMiles: number
  readonly landedAtMs: number
  readonly delayMinutes: number
}

/** The columns of npm vega-datasets' `data/flights-3m.parquet`: local departure time, minutes late on landing, miles. */
export interface FlightRow {
  readonly date: number
  readonly delay: bigint | number
  readonly distance: bigint | number
  readonly origin: string
  readonly destination: string
}

/**
 * A flight from its row; its id is the row's number in the file, so that ids sort as the file does.
 *
 * It lands after its distance at 500 miles an hour, 30 minutes on the ground and its delay. 49 rows claim to be hours early,
 * which would land them before they left: they land as they leave.
 */
export function toFlight(row: number, { date, delay, distance, origin, destination }: FlightRow): Flight {
  const distanceMiles = Number(distance)
  const delayMinutes = Number(delay)
  const minutesUnderWay = Math.max(0, Math.round((distanceMiles / 500) * 60) + 30 + delayMinutes)
  return {
    flightId: `F${String(row).padStart(7, '0')}`,
    departedAtMs: date,
    origin,
    destination,
    distanceMiles,
    landedAtMs: date + minutesUnderWay * minuteMs,
    delayMinutes,
  }
}
