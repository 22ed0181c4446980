import { join } from 'node:path'
import { readRowGroups } from '../../cli/read-parquet.ts'
import { packagesFolder } from '../folders.mjs'

const flightsFile = join(packagesFolder, 'vega-datasets', 'data', 'flights-3m.parquet')
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
  readonly delay: bigint
  readonly distance: bigint
  readonly origin: string
  readonly destination: string
}

/**
 * The first US flights of January to June 2001, in the order of their departure; 3,000,000 at most.
 *
 * @example for await (const flight of readFlights(2)) console.log(flight.flightId) // F0000000, F0000001
 */
export async function* readFlights(flightCount: number): AsyncGenerator<Flight> {
  if (flightCount <= 0) return
  for await (const { firstRow, rowCount, columns } of readRowGroups(flightsFile)) {
    const { date, delay, distance, origin, destination } = columns as { [Name in keyof FlightRow]: ArrayLike<FlightRow[Name]> }
    for (let at = 0; at < rowCount; at++) {
      const row = { date: date[at], delay: delay[at], distance: distance[at], origin: origin[at], destination: destination[at] }
      yield toFlight(firstRow + at, row)
      if (firstRow + at + 1 === flightCount) return
    }
  }
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
