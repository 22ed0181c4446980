import { pipeline as flights } from '../../../models/pipeline.ts'

/** The flights, with candidates that earn their place on live labels: so that `watch` reads the counters. */
export const pipeline = { ...flights, promoteWhen: { ...flights.promoteWhen, on: 'live' as const } }
