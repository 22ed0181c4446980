import { pipeline } from '#models/pipeline.ts'
import { pipelineChecks } from '../checks/pipeline-checks.ts'
import { flight } from '../fixtures.ts'

pipelineChecks(pipeline, [flight, { ...flight, flightId: 'f2', origin: 'ORD', destination: 'ATL', distanceMiles: 606 }])
