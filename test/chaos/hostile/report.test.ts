import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Outcome } from './outcome.ts'
import { doesHold, type HostileRun, toReport, toReportText } from './report.ts'

const outcome: Outcome = { predictions: 3, rejected: 1, putAside: 0, lost: 0, doubled: 0, examples: [], wrong: [] }
const run: HostileRun = {
  sent: 8,
  hostile: 2,
  kinds: 2,
  stalled: [],
  restartCount: 0,
  redriven: 1,
  changed: [],
  labelsLearnt: 3,
  layerVersions: 1,
  layerDiffers: [],
  refusals: new Map(),
  failures: new Map(),
  retries: 0,
  drained: true,
  seed: 1,
  seconds: 1.25,
}
const wrong = { kind: 'a kind', place: 't-0-7', wanted: 'predicted', ended: 'nowhere' } as const

describe('doesHold', () => {
  it('holds where all that it promises is so', () => {
    assert.ok(doesHold(toReport(outcome, run)))
  })
  const broken: Readonly<Record<string, [Partial<Outcome>, Partial<HostileRun>]>> = {
    'something is lost': [{ lost: 1 }, {}],
    'something is doubled': [{ doubled: 1 }, {}],
    'the layer is another than the archive makes': [{}, { layerDiffers: ['layer: its state'] }],
    'a record ended wrongly': [{ wrong: [wrong] }, {}],
    'a partition stood still': [{}, { stalled: ['group at t-0-7: a kind'] }],
    'something died': [{}, { restartCount: 1 }],
    'a rejection did not come back': [{}, { changed: ['a kind'] }],
    'it did not settle': [{}, { drained: false }],
  }
  for (const [what, [ofOutcome, ofRun]] of Object.entries(broken)) {
    it(`does not hold where ${what}`, () => {
      assert.ok(!doesHold(toReport({ ...outcome, ...ofOutcome }, { ...run, ...ofRun })))
    })
  }
})

describe('toReportText', () => {
  it('has a line for each figure, in the order of the brief', () => {
    const names = toReportText(toReport(outcome, run))
      .split('\n')
      .map(line => line.trim().split(' ')[0])
    const wanted = ['sent', 'predictions', 'rejected', 'putAside', 'lost', 'doubled', 'stalls', 'restarts']
    assert.deepEqual(
      names.filter(name => wanted.includes(name)),
      wanted,
    )
  })
  it('lists wrong endings once for each kind, and what was refused, with how often', () => {
    const report = toReport({ ...outcome, wrong: [wrong, wrong] }, { ...run, refusals: new Map([['S3 PUT: a key of 1025 bytes', 3]]) })
    const text = toReportText(report)
    assert.match(text, /a kind +2 +predicted +nowhere +t-0-7/)
    assert.match(text, /refusals: 3 × S3 PUT/)
    assert.equal(report.refusedCalls, 3)
  })
})
