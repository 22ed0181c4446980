import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toLiveQuality } from '../../../localstack/console/quality.ts'
import { toReport } from '../../../localstack/console/report.ts'
import type { Summary } from '../../../localstack/console/summary.ts'

const summary: Summary = {
  pipeline: 'flights',
  eventsPublished: 10,
  labelsPublished: 8,
  corrupted: 1,
  predictions: 9,
  predictionsRepeated: 0,
  predictionsUnscored: 9,
  rejected: 1,
  rejectedLabels: 0,
  rejectedByCode: { EVENT_INVALID: 1 },
  labelsJoined: 8,
  unaccounted: 0,
  bundles: [],
  bundlesWhileStreaming: 0,
  championHistory: [],
  metricsByModel: [],
  live: toLiveQuality([]),
  latest: null,
  archivedObjects: 4,
  archivedObjectsByTopic: {},
  seconds: 2,
  eventsPerSecond: 5,
  startupSeconds: 1,
  windowsStaleMs: null,
  drained: true,
  putAside: 0,
  restartsByGroup: { 'flights.infer.features': 0, 'flights.join.labels': 0 },
}

describe('toReport', () => {
  it('says how often each mapping restarted, and how many records were given up', () => {
    const lines = toReport({ ...summary, putAside: 3, restartsByGroup: { ...summary.restartsByGroup, 'flights.infer.features': 2 } })
    assert.match(lines, /3 records given up by a step: they lie in the failures bucket/)
    assert.match(lines, /the consumer of flights\.infer\.features crashed and started again 2 times/)
    assert.doesNotMatch(lines, /flights\.join\.labels/)
  })
  it('says nothing of either where all is well', () => {
    assert.doesNotMatch(toReport(summary), /given up|crashed/)
  })
})
