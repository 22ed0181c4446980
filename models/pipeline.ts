import airportPlaces from './airports.json' with { type: 'json' }
import { definePipeline } from './define.ts'
import { number, text, timeMs } from './fields.ts'
import { type FlightRow, toFlight } from './flights.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

// Latitude and longitude by airport code, in degrees: airports.csv of npm vega-datasets (US Federal Aviation Administration).
const airports = new Map(Object.entries(airportPlaces).map(([code, [latitude, longitude]]) => [code, { latitude, longitude }]))

/** US domestic flights: will this one land more than 15 minutes late? */
export const pipeline = definePipeline({
  name: 'flights',
  event: {
    flightId: text({ max: 64 }),
    departedAtMs: timeMs(),
    origin: text({ max: 8 }),
    destination: text({ max: 8 }),
    distanceMiles: number({ min: 0, max: 20_000 }),
  },
  id: 'flightId',
  time: 'departedAtMs',
  lookups: {
    originAirport: { table: airports, by: 'origin' },
    destinationAirport: { table: airports, by: 'destination' },
  },
  features: {
    minuteOfDay: flight => Math.floor((flight.departedAtMs % dayMs) / 60_000),
    weekday: { category: flight => ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][new Date(flight.departedAtMs).getUTCDay()] },
    distanceMiles: flight => flight.distanceMiles,
    origin: { category: flight => flight.origin },
    destination: { category: flight => flight.destination },
    originLatitude: (_, { originAirport }) => originAirport?.latitude ?? null,
    originLongitude: (_, { originAirport }) => originAirport?.longitude ?? null,
    destinationLatitude: (_, { destinationAirport }) => destinationAirport?.latitude ?? null,
    destinationLongitude: (_, { destinationAirport }) => destinationAirport?.longitude ?? null,
  },
  label: {
    fields: {
      flightId: text({ max: 64 }),
      landedAtMs: timeMs(),
      delayMinutes: number({ min: -1440, max: 10_080 }),
    },
    id: 'flightId',
    time: 'landedAtMs',
    isPositive: landing => landing.delayMinutes > 15,
    arrivesWithinMs: 2 * dayMs,
  },
  history: (row, at) => ({ ...toFlight(at, row as unknown as FlightRow) }), // of flights-3m.parquet
  retrain: { everyMs: 6 * hourMs, windowMs: 14 * dayMs, halfLifeMs: dayMs, holdoutRowsAtMost: 4_000 },
  promoteWhen: { rowsAtLeast: 2_500 },
  decide: { positiveAtLeast: 0.5, notifyAtLeast: 0.7 },
})
