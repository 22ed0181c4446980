import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { doesHold, type FaultReport, toReportText } from './report.ts'
import { makeFaultTally } from './tally.ts'

const faults = Object.fromEntries(
  Object.keys(makeFaultTally().read()).map(kind => [kind, { injected: 2, records: 1_234, retries: 1 }]),
) as FaultReport['faults']

const good: FaultReport = {
  faults,
  records: 201,
  predictions: 100,
  rejected: 1,
  lost: 0,
  doubled: 0,
  featuresChanged: 0,
  labels: 100,
  labelsLost: 0,
  labelsWrong: 0,
  tableWrong: 0,
  notArchived: 0,
  countersEqual: true,
  windowsEqual: true,
  layerEqual: true,
  labelsLearnt: 100,
  layerVersions: 12,
  differences: [],
  repeated: { features: 5, predictions: 6, feedback: 7 },
  resent: 0,
  clocksOff: 9,
  drained: true,
  seed: 1,
  seconds: 60,
}

describe('doesHold', () => {
  it('is true where nothing was lost, doubled or changed and all sums are equal', () => {
    assert.equal(doesHold(good), true)
  })
  for (const name of ['lost', 'doubled', 'featuresChanged', 'labelsLost', 'labelsWrong', 'tableWrong', 'notArchived'] as const) {
    it(`is false for one ${name}`, () => assert.equal(doesHold({ ...good, [name]: 1 }), false))
  }
  it('is false where the layer is another than the archive makes, or has learnt nothing', () => {
    assert.equal(doesHold({ ...good, layerEqual: false }), false)
    assert.equal(doesHold({ ...good, labelsLearnt: 0 }), false)
  })
  for (const name of ['countersEqual', 'windowsEqual', 'drained'] as const) {
    it(`is false without ${name}`, () => assert.equal(doesHold({ ...good, [name]: false }), false))
  }
  it('is false where a kind of fault never took place', () => {
    assert.equal(doesHold({ ...good, faults: { ...faults, broker: { injected: 0, records: 0, retries: 0 } } }), false)
  })
  it('is false where no features came again, for then none were compared', () => {
    assert.equal(doesHold({ ...good, repeated: { ...good.repeated, features: 0 } }), false)
  })
})

describe('toReportText', () => {
  it('has a line for each kind of fault and for each figure', () => {
    const text = toReportText({ ...good, countersEqual: false, differences: ['v1: predicted is 2 in the table, 1 by the archive'] })
    assert.match(text, /the broker is killed and restarted +2 +1,234 +1\n/)
    assert.match(text, /lost +0\n/)
    assert.match(text, /countersEqual +no\n/)
    assert.match(text, /5 of features, 6 of predictions, 7 of feedback/)
    assert.match(text, /predicted is 2 in the table/)
  })
})
