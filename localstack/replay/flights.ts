import { join } from 'node:path'
import { type Flight, type FlightRow, toFlight } from '#models/flights.ts'
import { readRowGroups } from '../../cli/read-parquet.ts'
import { packagesFolder } from '../folders.mjs'

const flightsFile = join(packagesFolder, 'vega-datasets', 'data', 'flights-3m.parquet')

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
