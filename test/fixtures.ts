import type { Feedback, Prediction } from '#functions/records.ts'
import { pipeline } from '#models/pipeline.ts'

/** A valid flight; Monday, 1 January 2001, 08:30 UTC. */
export const flight = {
  flightId: 'f1',
  departedAtMs: Date.UTC(2001, 0, 1, 8, 30),
  origin: 'JFK',
  destination: 'LAX',
  distanceMiles: 2475,
}

export const landing = {
  flightId: 'f1',
  landedAtMs: Date.UTC(2001, 0, 1, 14),
  origin: flight.origin,
  destination: flight.destination,
  delayMinutes: 40,
}

export function makePrediction(changes: Partial<Prediction> = {}): Prediction {
  return {
    id: 'f1',
    atMs: flight.departedAtMs,
    score: 0.6,
    decision: 'positive',
    model: 'm1',
    arm: 'champion',
    shadows: [],
    features: pipeline.toFeatures(flight),
    definition: pipeline.definition,
    source: { topic: 'flights.events', partition: 0, offset: 0 },
    scoredAtMs: 1_000,
    ...changes,
  }
}

export function makeFeedback(changes: Partial<Feedback> = {}): Feedback {
  return {
    ...makePrediction(changes),
    target: 1,
    labelAtMs: landing.landedAtMs,
    labelSource: { topic: 'flights.labels', partition: 0, offset: 0 },
    ...changes,
  }
}

/** Feedback that differs by its number: distance, score, label, and the place of the label. */
export function makeNumberedFeedback(at: number, changes: Partial<Feedback> = {}): Feedback {
  return makeFeedback({
    id: `f${at}`,
    features: pipeline.toFeatures({ ...flight, distanceMiles: 100 + ((at * 37) % 2_000) }),
    score: 0.1 + ((at * 13) % 80) / 100,
    target: at % 3 === 0 ? 1 : 0,
    labelSource: { topic: 'flights.labels', partition: at % 2, offset: at },
    ...changes,
  })
}
