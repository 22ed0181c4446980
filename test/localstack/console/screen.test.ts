import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Tally } from '#functions/counters/tallies.ts'
import { countRows, emptyCounters, noLabels } from '#models/task/yes-no/counters.ts'
import { toLiveQuality, toModelQuality } from '../../../localstack/console/quality.ts'
import { type Moment, progressBar, toLine, toScreen } from '../../../localstack/console/screen.ts'

function makeTally(changes: Partial<Tally>): Tally {
  return { model: 'm1', arm: 'champion', predicted: 0, unscored: 0, quality: emptyCounters(), ...changes }
}
const oneHit = countRows(emptyCounters(), [{ score: 0.9, target: 1, before: noLabels }], 0.5)
const tallies = [
  makeTally({ predicted: 4 }),
  makeTally({ quality: oneHit }),
  makeTally({ quality: oneHit }),
  makeTally({ model: null, predicted: 3 }),
  makeTally({ model: null, unscored: 3 }),
  makeTally({ model: 'm2', arm: 'challenger', predicted: 1 }),
  makeTally({ model: 'm2', arm: 'shadow', predicted: 4 }),
  makeTally({ model: 'none', arm: 'shadow', predicted: 2 }),
]

const moment: Moment = {
  elapsedMs: 65_000,
  rows: 200,
  eventsPublished: 100,
  eventsPerSec: 1234.5,
  labelsPublished: 50,
  predictions: 90,
  unscored: 10,
  rejected: 1,
  labelsJoined: 40,
  lag: 9,
  eventClockMs: Date.UTC(2001, 0, 1, 8, 30),
  champion: null,
  championCount: 0,
  quality: undefined,
}

describe('toModelQuality', () => {
  it('adds partitions up for each model and arm, those without a model first', () => {
    const [none, m1, ...others] = toModelQuality(tallies)
    assert.deepEqual([none.model, none.predicted, none.labelled, none.coverage, none.accuracy], [null, 3, 3, 1, null])
    assert.deepEqual([m1.model, m1.predicted, m1.labelled, m1.coverage, m1.accuracy], ['m1', 4, 2, 0.5, 1])
    assert.deepEqual(
      others.map(({ model, arm, predicted }) => [model, arm, predicted]),
      [
        ['m2', 'challenger', 1],
        ['m2', 'shadow', 4],
        ['none', 'shadow', 2],
      ],
    )
  })
  it('takes champions and challengers together, and leaves out shadows and what had no model', () => {
    const live = toLiveQuality(tallies)
    assert.deepEqual([live.predicted, live.labelled, live.coverage], [5, 2, 0.4])
  })
})

describe('the screen', () => {
  it('shows progress, rates and what came out', () => {
    const screen = toScreen(moment, 100)
    assert.match(screen, /50%\s+01:05\s+event time 2001-01-01 08:30/)
    assert.match(screen, /events\s+100 of 200 {3}1,235\/s {3}lag 9/)
    assert.match(screen, /champion\s+none yet/)
    assert.equal(screen.split('\n').length, 6)
  })
  it('shows the live quality with its baselines and its coverage', () => {
    const screen = toScreen({ ...moment, champion: 'm1', championCount: 2, quality: toLiveQuality(tallies) }, 100)
    assert.match(screen, /champion\s+m1 {3}number 2/)
    assert.match(screen, /accuracy 1\.000 {2}majority 0\.000 .* labelled 40%/)
  })
  it('fits a narrow terminal', () => {
    assert.ok(toScreen(moment, 20).length > 0)
  })
})

describe('toLine', () => {
  it('is one plain line without colours', () => {
    const line = toLine(moment)
    assert.equal(line, '01:05  events 100/200 (1235/s)  predictions 90  rejected 1  labels joined 40  lag 9  champion none')
  })
})

describe('progressBar', () => {
  it('fills with the ratio and never leaves its width', () => {
    assert.equal(progressBar(0.5, 4), '██░░')
    assert.equal(progressBar(7, 4), '████')
    assert.equal(progressBar(0, -3), '░')
  })
})
