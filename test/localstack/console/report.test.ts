import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { measureBinary } from '#models/task/yes-no/quality.ts'
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
  stopped: false,
  bundles: [],
  bundlesWhileStreaming: 0,
  firstModelAtRows: 10_000,
  notTrained: null,
  championHistory: [],
  metricsByModel: [],
  live: toLiveQuality([]),
  latest: null,
  layer: null,
  drift: null,
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
  it('calls what a stop left undone not processed yet, and what a drained run misses lost', () => {
    assert.match(
      toReport({ ...summary, unaccounted: 92, stopped: true, drained: false }),
      /rejected; 92 not processed yet when the run was stopped, 0 doubled/,
    )
    assert.match(toReport({ ...summary, unaccounted: 92 }), /rejected; 92 lost, 0 doubled/)
  })
  it('loses nothing below 0: those are predictions of events that others published', () => {
    assert.match(toReport({ ...summary, unaccounted: -1 }), /0 lost, 0 doubled, 1 prediction of no event of this run/)
    assert.match(toReport({ ...summary, unaccounted: -3 }), /0 lost, 0 doubled, 3 predictions of no event of this run/)
  })
  it('says when the first model comes where there is none, and what retrain said', () => {
    assert.match(toReport(summary), /first model at 10,000 labelled rows, 8 now; retrain has not run yet/)
    const notTrained = '8 labelled rows, 10000 wanted for a first model'
    assert.match(toReport({ ...summary, notTrained }), /8 now; the last run of retrain: 8 labelled rows, 10000 wanted for a first model/)
  })
  it('says nothing of either where all is well', () => {
    assert.doesNotMatch(toReport(summary), /given up|crashed/)
  })
  it('puts the layer beside the champion over the rows that both scored, where there are any', () => {
    const champion = measureBinary([0.5, 0.5], [1, 0], 0.5)
    const layer = measureBinary([0.9, 0.1], [1, 0], 0.5)
    const lines = toReport({ ...summary, layer: { champion, layer } })
    assert.match(lines, /the bare champion, 2 rows that both scored +AUC 0\.5000 {2}log loss 0\.6931/)
    assert.match(lines, /the layer over it, the same rows +AUC 1\.0000 {2}log loss 0\.1054/)
    assert.doesNotMatch(toReport(summary), /bare champion/)
  })
  it('tells of a change of meaning where there was one', () => {
    const recovery = { lossBefore: null, backAfterLabels: null, belowChampionAfterLabels: null, newChampions: [] }
    assert.match(toReport({ ...summary, drift: { changedAtMs: 0, blocks: [], recovery } }), /Labels turned round from 1970-01-01 00:00 on/)
    assert.doesNotMatch(toReport(summary), /turned round/)
  })
})
