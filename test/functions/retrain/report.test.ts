import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeReport } from '#functions/retrain/report.ts'
import { toReportText } from '#functions/retrain/report-text.ts'
import { makeRandom } from '#models/random.ts'
import { measureBinary } from '#models/task/yes-no/quality.ts'
import type { Contender } from '#models/trainer/train.ts'
import type { Model, TrainingSet } from '#models/training-set.ts'

const rowCount = 400
const random = makeRandom(1)
const values = Float32Array.from({ length: rowCount }, () => random())
const targets = Float32Array.from(values, value => Number(random() < value))
const features = [{ name: 'chance', kind: 'number' as const, categories: [] }]
const holdout: TrainingSet = { features, block: { values, rowCount, featureCount: 1 }, targets }

function makeContender(kind: Contender['kind'], scoreOf: (value: number) => number): Contender {
  const model: Model = { kind, score: block => Float64Array.from(block.values, scoreOf), toOnnx: () => new Uint8Array() }
  const holdoutScores = model.score(holdout.block)
  return {
    kind,
    spanRatio: 1,
    model,
    holdoutScores,
    holdout: measureBinary(holdoutScores, targets, 0.5),
    trainMs: 12,
    refit: async () => model,
  }
}

const contenders = [makeContender('gbdt', value => value), makeContender('logistic', value => 0.25 + value / 2)] as const
const report = await makeReport({
  about: {
    version: 'v1',
    decision: { promote: true, reason: 'gain of 0.1', checks: [{ name: 'gain', ok: true, got: 0.1, wanted: 'at least 0' }] },
    rows: {
      train: 1600,
      gap: 25,
      refit: 2025,
      holdout: rowCount,
      objectCount: 3,
      sampledRatio: 1,
      sampledBecause: null,
      refused: [],
      lateLabelRatio: 0.25,
      fromMs: 0,
      splitMs: 60_000,
      toMs: 120_000,
    },
    settings: { l2: 50 },
    phases: [{ name: 'read rows', ms: 34, residentBytes: 5_000_000 }],
  },
  holdout,
  contenders,
  rival: { name: 'base rate', scores: new Float64Array(rowCount).fill(0.5) },
  random: makeRandom(2),
})

describe('the retrain report', () => {
  it('stands every contender beside the rival, with intervals around the figures', async () => {
    assert.deepEqual(
      report.standings.map(standing => standing.name),
      ['gbdt', 'logistic', 'base rate'],
    )
    for (const { logLoss, auc } of report.standings) {
      assert.ok(logLoss!.low <= logLoss!.loss && logLoss!.loss <= logLoss!.high)
      assert.ok(auc!.low <= auc!.auc && auc!.auc <= auc!.high)
    }
  })
  it('gives the gain over the rival and over the next trainer', async () => {
    assert.ok(report.gainOverRival!.low > 0)
    assert.ok(report.gainOverNextTrainer!.gain > 0)
    assert.ok(report.gainOverRival!.gain > report.gainOverNextTrainer!.gain)
  })
  it('tells what a feature is worth and how well scores are calibrated', async () => {
    assert.ok(report.importance[0].lossIncrease > 0.05)
    assert.ok(Math.abs(report.calibration.recalibration!.slope - 1) < 0.4)
    assert.equal(report.calibration.reliability.length, 10)
  })
  it('is a page that names the decision, the rows, the models, the features and the phases', async () => {
    const text = toReportText(report)
    assert.match(text, /^# v1: promoted\n\ngain of 0\.1\.\n\nTrained on 1600 rows, 1970-01-01 00:00 to 1970-01-01 00:01;/)
    for (const part of [
      'Between them 25 rows are left out',
      'trained again on all 2025.',
      '| gain | 0.1000 | at least 0 | ok |',
      '| gbdt |',
      '| base rate |',
      '3 archive objects; every id; label late for 0.2500 of the rows',
      '| chance | +',
      '| read rows | 34 | 5 |',
      '{"l2":50}',
    ])
      assert.ok(text.includes(part), part)
    assert.ok(text.split('\n').length < 60)
  })
  it('stands all on the rows that the rival has not learnt from, and measures the rest on the whole holdout', async () => {
    const { standings, calibration } = await makeReport({
      ...parts(),
      contenders,
      rival: { name: 'champion', scores: new Float64Array(100).fill(0.5) },
    })
    const late = measureBinary(values.subarray(300), targets.subarray(300), 0.5)
    assert.equal(standings[0].logLoss!.loss.toFixed(6), late.logLoss!.toFixed(6))
    assert.equal(standings[2].logLoss!.loss.toFixed(6), Math.LN2.toFixed(6))
    assert.deepEqual(calibration, report.calibration)
  })
  it('stands nothing where no row is left to compare on', async () => {
    const { standings, gainOverRival } = await makeReport({ ...parts(), contenders, rival: { name: 'champion', scores: [] } })
    assert.deepEqual([standings[0].logLoss, standings[0].auc, gainOverRival], [null, null, null])
  })
  it('says nothing of a next trainer where there was one only', async () => {
    const single = await makeReport({ ...parts(), contenders: [makeContender('gbdt', value => value)] })
    assert.equal(single.gainOverNextTrainer, null)
    assert.ok(!toReportText(single).includes('chosen trainer'))
  })
})

function parts() {
  const { version, decision, rows, settings, phases } = report
  return {
    about: { version, decision, rows, settings, phases },
    holdout,
    rival: { name: 'base rate', scores: new Float64Array(rowCount).fill(0.5) },
    random: makeRandom(2),
  }
}
