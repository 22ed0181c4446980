import airportPlaces from './airports.json' with { type: 'json' }
import { definePipeline } from './define.ts'
import { number, text, timeMs } from './fields.ts'
import { type FlightRow, toFlight } from './flights.ts'
import { asFeatures, eachWindow } from './windows/spread.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

// Latitude and longitude by airport code, in degrees: airports.csv of npm vega-datasets (US Federal Aviation Administration).
const airports = new Map(Object.entries(airportPlaces).map(([code, [latitude, longitude]]) => [code, { latitude, longitude }]))

// What landings tell of an airport: of the flights that left it and of those that arrived at it.
const origin = (flight: { readonly origin: string }) => flight.origin
const destination = (flight: { readonly destination: string }) => flight.destination
const delay = {
  value: (landing: { readonly delayMinutes: number }) => Math.min(Math.max(landing.delayMinutes, -30), 180),
  stat: 'mean',
} as const
const late = { value: (landing: { readonly delayMinutes: number }) => Number(landing.delayMinutes > 15), stat: 'mean' } as const
const left = { over: 'labels', by: origin, bucketMs: 5 * minuteMs } as const
const arrived = { over: 'labels', by: destination, bucketMs: 5 * minuteMs } as const
const delays = eachWindow(
  { '1h': hourMs, '3h': 3 * hourMs, '6h': 6 * hourMs },
  {
    delayOfLeftOrigin: { ...left, read: origin, ...delay },
    lateOfLeftOrigin: { ...left, read: origin, ...late },
    delayOfArrivedAtOrigin: { ...arrived, read: origin, ...delay },
    lateOfArrivedAtOrigin: { ...arrived, read: origin, ...late },
    delayOfLeftDestination: { ...left, read: destination, ...delay },
    lateOfLeftDestination: { ...left, read: destination, ...late },
    delayOfArrivedAtDestination: { ...arrived, read: destination, ...delay },
    lateOfArrivedAtDestination: { ...arrived, read: destination, ...late },
  },
)
// How busy the two airports are, by the flights themselves.
const traffic = {
  departuresAtOrigin1h: { over: 'events', by: origin, stat: 'count', windowMs: hourMs, bucketMs: 5 * minuteMs },
  departuresAtDestination1h: { over: 'events', by: origin, read: destination, stat: 'count', windowMs: hourMs, bucketMs: 5 * minuteMs },
  boundForDestination3h: { over: 'events', by: destination, stat: 'count', windowMs: 3 * hourMs, bucketMs: 5 * minuteMs },
} as const

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
  aggregates: { ...delays, ...traffic },
  lateness: { allowedMs: 2 * hourMs, later: 'amend' },
  features: {
    minuteOfDay: flight => Math.floor((flight.departedAtMs % dayMs) / minuteMs),
    weekday: { category: flight => ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][new Date(flight.departedAtMs).getUTCDay()] },
    distanceMiles: flight => flight.distanceMiles,
    origin: { category: flight => flight.origin },
    destination: { category: flight => flight.destination },
    originLatitude: (_, { originAirport }) => originAirport?.latitude ?? null,
    originLongitude: (_, { originAirport }) => originAirport?.longitude ?? null,
    destinationLatitude: (_, { destinationAirport }) => destinationAirport?.latitude ?? null,
    destinationLongitude: (_, { destinationAirport }) => destinationAirport?.longitude ?? null,
    ...asFeatures(delays),
    ...asFeatures(traffic),
  },
  label: {
    fields: {
      flightId: text({ max: 64 }),
      landedAtMs: timeMs(),
      origin: text({ max: 8 }),
      destination: text({ max: 8 }),
      delayMinutes: number({ min: -1440, max: 10_080 }),
    },
    id: 'flightId',
    time: 'landedAtMs',
    isPositive: landing => landing.delayMinutes > 15,
    arrivesWithinMs: 2 * dayMs,
    arrivesAfterMs: 10 * minuteMs, // 49 of 3 M land as they leave, by a fault of the data
  },
  history: (row, at) => ({ ...toFlight(at, row as unknown as FlightRow) }), // of flights-3m.parquet
  retrain: {
    everyMs: 6 * hourMs,
    windowMs: 14 * dayMs,
    halfLifeMs: dayMs,
    holdoutRowsAtMost: 4_000,
    when: { firstAtRows: 10_000 }, // most of a day: a model of night flights alone misleads
  },
  promoteWhen: { rowsAtLeast: 2_500 },
  decide: { positiveAtLeast: 0.5, notifyAtLeast: 0.7 },
})
