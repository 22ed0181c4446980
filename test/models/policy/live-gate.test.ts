import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addDuelRows, type DuelBucket, type DuelRow } from '#models/measure/duels.ts'
import { countMature, decideLive, parseLiveGate } from '#models/policy/live-gate.ts'
import { makeRandom } from '#models/random.ts'
import { mostByChance } from './chance.ts'
import { betterWorlds, makeHours, nullWorlds, rareLoss, rowsPerHour } from './live-worlds.ts'

const hourMs = 3_600_000
const trials = 1_200
const policy = parseLiveGate({ daysAtMost: 60 })
const asked = { gainAtLeast: 0 }
/** What each trial of 60 days in a world comes to. */
const trialsOf = (world: Parameters<typeof makeHours>[0], count = trials) =>
  Array.from({ length: count }, (_, trial) => decideLive(policy, makeHours(world, makeRandom(7919 * trial + 13), 24 * 60), asked))
const shareOf = (verdicts: readonly { readonly verdict: string }[], wanted: string) =>
  verdicts.filter(({ verdict }) => verdict === wanted).length / verdicts.length

describe('decideLive', () => {
  // 7.1 %: a true rate of 10 % passes once in thousands of runs
  const rateAtMost = mostByChance(policy.alpha, trials) / trials
  for (const [name, world] of Object.entries(nullWorlds)) {
    it(`promotes at most 5 % of useless candidates in 60 days of ${name}`, t => {
      const share = shareOf(trialsOf(world), 'promote')
      t.diagnostic(`${(100 * share).toFixed(2)} %`)
      assert.ok(share <= rateAtMost, `promoted ${share}`)
    })
  }
  for (const [name, world] of Object.entries(betterWorlds)) {
    it(`promotes a candidate with a ${name}`, t => {
      const verdicts = trialsOf(world, 100)
      assert.equal(shareOf(verdicts, 'promote'), 1)
      const rows = verdicts.map(verdict => verdict.rows).sort((a, b) => a - b)
      t.diagnostic(`median ${rows[50]} rows, ${rows[50] / rowsPerHour / 24} days`)
    })
  }
  it('gives up a candidate that is worse', () => {
    const worse = trialsOf(random => hour => -betterWorlds['gain of 0.01'](random)(hour), 100)
    assert.equal(shareOf(worse, 'reject'), 1)
    assert.match(worse[0].reason, /^gain of -0\.01\d+ on \d+ live labels of \d+\.\d days: evidence against it \d+\.\d, 20 is enough$/)
  })
  it('is deceived now and then by a rare loss that no hour has shown', () => {
    const share = shareOf(trialsOf(rareLoss), 'promote')
    assert.ok(share > 0.05 && share < 0.15, `promoted ${share}`) // the limit that its comment states
  })

  it('does not change what it decided when later hours are added', () => {
    const hours = makeHours(betterWorlds['gain of 0.01'], makeRandom(5), 24 * 40)
    const whole = decideLive(policy, hours, asked)
    let prefix = 1
    while (decideLive(policy, hours.slice(0, prefix), asked).verdict === 'wait') prefix++
    assert.deepEqual(decideLive(policy, hours.slice(0, prefix), asked), whole)
    assert.equal(prefix % 24, 0)
  })
  it('waits while there are fewer rows than asked for', () => {
    const hours = makeHours(betterWorlds['gain of 0.03'], makeRandom(5), 24 * 10)
    assert.equal(decideLive({ ...policy, rowsAtLeast: 1e6 }, hours, asked).verdict, 'wait')
  })
  it('waits without any hour', () => {
    const { verdict, reason } = decideLive(policy, [], asked)
    assert.deepEqual([verdict, reason], ['wait', 'gain of - on 0 live labels of 0.0 days: evidence 1.0 of 20, against it 1.0 of 20'])
  })
  it('gives up what is not decided within the days it has', () => {
    const hours = makeHours(nullWorlds['two equal models'], makeRandom(1), 24 * 20)
    const { verdict, reason } = decideLive(parseLiveGate({}), hours, asked)
    assert.equal(verdict, 'reject')
    assert.match(reason, /of 14\.0 days: not decided within 14 days \(evidence \d\.\d, 20 wanted\)$/)
  })
  it('gives up a candidate whose rows get no labels', () => {
    const hours = makeHours(nullWorlds['two equal models'], makeRandom(1), 24 * 16).map(hour => ({ ...hour, labelled: 0, gainSum: 0 }))
    assert.equal(decideLive(parseLiveGate({}), hours, asked).verdict, 'reject')
  })
  it('asks for more than the gain that is wanted', () => {
    const hours = makeHours(betterWorlds['gain of 0.01'], makeRandom(2), 24 * 60)
    assert.equal(decideLive(policy, hours, { gainAtLeast: 0.02 }).verdict, 'reject')
  })
  it('joins hours with few rows', () => {
    const few = makeHours(betterWorlds['gain of 0.03'], makeRandom(2), 24 * 60).map(hour => ({
      ...hour,
      labelled: 10,
      gainSum: hour.gainSum / 70,
    }))
    assert.equal(decideLive(policy, few, asked).verdict, 'promote')
  })

  it('rejects an alpha of 1', () => {
    assert.throws(() => parseLiveGate({ alpha: 1 }), {
      message: 'promoteWhen.live.alpha must be from 0.000001 to 0.5, got 1; change it in models/pipeline.ts',
    })
  })
})

describe('countMature', () => {
  const hour = (at: number, labelled: number): DuelBucket => ({
    startMs: at * hourMs,
    predicted: 100,
    labelled,
    gainSum: 1,
  })
  const countHours = (counted: readonly DuelBucket[], latest: readonly DuelBucket[]) =>
    countMature(policy, counted, latest, 10 * hourMs).map(({ startMs, labelled }) => [startMs / hourMs, labelled])

  it('counts hours with nine labels in ten, up to the first that has fewer', () => {
    assert.deepEqual(countHours([], [hour(0, 90), hour(1, 89), hour(2, 100), hour(3, 100)]), [[0, 90]])
  })
  it('counts an hour whose labels had all the time they are given', () => {
    assert.deepEqual(countHours([], [hour(0, 5), hour(1, 5), hour(11, 0)]), [[0, 5]])
  })
  it('does not count the hour that is still being predicted', () => {
    assert.deepEqual(countHours([], [hour(0, 100), hour(1, 100)]), [[0, 100]])
  })
  it('keeps what was counted as it was, also where it was forgotten since', () => {
    assert.deepEqual(countHours([hour(0, 90), hour(1, 91)], [hour(1, 100), hour(2, 100), hour(3, 0)]), [
      [0, 90],
      [1, 91],
      [2, 100],
    ])
  })
})

describe('a trial whose labels take two months', () => {
  const labelArrivesWithinMs = 60 * 24 * hourMs
  const gate = { ...policy, rowsAtLeast: 100, rowsPerUnit: 4 }

  /** The verdict after so many days of four rows an hour, whose labels come so late and for such a share of them. */
  function runTrial({
    days,
    lateHours,
    labelledRatio,
  }: {
    readonly days: number
    readonly lateHours: number
    readonly labelledRatio: number
  }) {
    const random = makeRandom(3)
    let latest: DuelBucket[] = []
    let counted: readonly DuelBucket[] = []
    for (let hour = 0; hour < 24 * days; hour++) {
      const rows: DuelRow[] = Array.from({ length: 4 }, () => ({ atMs: hour * hourMs }))
      for (let at = 0; at < 4 && hour >= lateHours; at++) {
        const losses = [0.5 + random(), 0.4 + random()] as const
        if (random() < labelledRatio) rows.push({ atMs: (hour - lateHours) * hourMs, losses })
      }
      latest = addDuelRows(latest, rows)
      if (hour % 24 === 0) counted = countMature(gate, counted, latest, labelArrivesWithinMs)
    }
    return decideLive(gate, counted, asked)
  }

  it('ends with a verdict where every label comes after a month', () => {
    const { verdict, days } = runTrial({ days: 60, lateHours: 30 * 24, labelledRatio: 1 })
    assert.equal(verdict, 'promote')
    assert.ok(days > 1 && days < 30, `${days} days`)
  })
  it('ends with a verdict where labels come at the last moment, and for half of the rows', () => {
    const { verdict, days } = runTrial({ days: 90, lateHours: 60 * 24, labelledRatio: 0.5 })
    assert.equal(verdict, 'promote')
    assert.ok(days > 1 && days < 30, `${days} days`)
  })
})
