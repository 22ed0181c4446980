import { makeRandom } from '#models/random.ts'
import type { BacktestResult, BacktestRetrain, BacktestWindow } from '../../../../cli/backtest/result.ts'

const dayMs = 86_400_000
const fromMs = Date.UTC(1996, 4, 7)

/** A result as a backtest of half-hourly prices gives it: 45,312 rows, a first model after 900, a champion that ages and is replaced. */
export function makeSampleResult(windowCount = 50): BacktestResult {
  const random = makeRandom(7)
  const rows = 45_312
  const atMs = (row: number) => fromMs + row * 1_800_000
  const windows = Array.from({ length: windowCount }, (_, at): BacktestWindow => {
    const fromRow = Math.round((at * rows) / windowCount)
    const toRow = Math.round(((at + 1) * rows) / windowCount)
    const drift = Math.sin(at / 6) * 0.05
    return {
      fromRow,
      toRow,
      fromMs: atMs(fromRow),
      toMs: atMs(toRow),
      accuracy: 0.8 + drift + random() * 0.06 + (at === 0 ? -0.2 : 0),
      kappa: 0.55 + drift + random() * 0.1,
      auc: at === 0 ? null : 0.87 + drift + random() * 0.04,
      logLoss: 0.42 - drift + random() * 0.08 + (at === 0 ? 0.25 : 0),
      mae: null,
      rmse: null,
      positiveRatio: 0.42 + drift * 2,
      noChangeAccuracy: 0.75 + random() * 0.04,
      majorityAccuracy: 0.57 - drift * 2 + random() * 0.03,
      baseRateLogLoss: 0.68 + random() * 0.02,
    }
  })
  const retrains = Array.from({ length: 50 }, (_, at): BacktestRetrain => {
    const atRow = 900 * (at + 1)
    const isPromoted = at === 0 || at % 6 === 1
    return {
      atRow,
      atMs: atMs(atRow),
      cause: at % 9 === 4 ? 'error' : 'schedule',
      rowCount: atRow,
      trainer: at % 3 === 0 ? 'logistic' : 'gbdt',
      version: `19960${(at % 9) + 1}12T0000-${(at * 7919 + 123456).toString(16)}`,
      isPromoted,
      reason: `gain of ${(random() * 0.03).toFixed(4)}: log loss 0.4411 against 0.4563 of the champion on 2300 rows`,
      holdoutLogLoss: 0.4 + random() * 0.08,
      seconds: 0.2 + at * 0.03,
    }
  })
  return {
    pipeline: 'electricity',
    definition: '3f9c2a11d07be845',
    data: 'electricity.csv',
    task: 'binary',
    rows,
    rejected: { 'label.class invalid option: expected one of "DOWN"|"UP"': 12, 'event.demand expected number, received string': 3 },
    inputs: [
      { name: 'weather', file: 'weather.csv', rows: 17_520, rejected: {} },
      { name: 'holidays', file: null, rows: 0, rejected: {} },
    ],
    fromMs,
    toMs: atMs(rows - 1),
    labelDelay: { rows: 335 },
    accuracy: 0.8312,
    kappa: 0.6514,
    auc: 0.9012,
    logLoss: 0.4021,
    mae: null,
    rmse: null,
    scored: rows - 900,
    ofScored: { accuracy: 0.78, kappa: 0.53, auc: 0.85, logLoss: 0.45 },
    beforeFirstModel: 900,
    firstAtRows: 200,
    windows,
    layer: null,
    baselines: {
      noChange: { accuracy: 0.7689, kappa: 0.5271, logLoss: null, mae: null, rmse: null },
      majority: { accuracy: 0.5755, kappa: 0, logLoss: 0.6817, mae: null, rmse: null },
    },
    retrains,
    promotions: retrains
      .filter(({ isPromoted }) => isPromoted)
      .map(({ atRow, atMs, version, reason }) => ({ atRow, atMs, version: version ?? '', reason })),
    calibration: Array.from({ length: 10 }, (_, bin) => ({
      rowCount: [9000, 5200, 3800, 2900, 2500, 2600, 3000, 3900, 5100, 6412][bin],
      meanScore: (bin + 0.5) / 10,
      positiveRatio: Math.min(1, Math.max(0, (bin + 0.5) / 10 + (random() - 0.5) * 0.08)),
    })),
    importance: ['nswprice', 'period', 'nswdemand', 'vicprice', 'day', 'date', 'transferOfPowerBetweenStates', 'vicdemand'].map(
      (feature, at) => ({ feature, lossIncrease: 0.21 / (at + 1) ** 1.6 - (at === 7 ? 0.009 : 0) }),
    ),
    eventsPerSecond: 71_234.5,
    seconds: { total: 48.3, retraining: 47.1 },
  }
}

/** A stream too short for a model: no champion, no AUC, one window. */
export function makeEmptyResult(): BacktestResult {
  const [window] = makeSampleResult(1).windows
  return {
    ...makeSampleResult(1),
    rows: 40,
    toMs: fromMs + dayMs,
    rejected: {},
    labelDelay: { ms: 14 * dayMs },
    kappa: null,
    auc: null,
    accuracy: 0.575,
    logLoss: 0.6921,
    scored: 0,
    ofScored: { accuracy: null, kappa: null, auc: null, logLoss: null },
    beforeFirstModel: 40,
    windows: [{ ...window, toRow: 40, toMs: fromMs + dayMs, kappa: null, auc: null, noChangeAccuracy: null }],
    baselines: {
      noChange: { accuracy: null, kappa: null, logLoss: null, mae: null, rmse: null },
      majority: { accuracy: 0.575, kappa: 0, logLoss: 0.6921, mae: null, rmse: null },
    },
    retrains: [],
    promotions: [],
    calibration: [],
    importance: [],
    eventsPerSecond: 0,
    seconds: { total: 0.01, retraining: 0 },
  }
}

/** A result for numbers: the same stream, with errors in the label's unit. */
export function makeRegressionResult(): BacktestResult {
  const sample = makeSampleResult(20)
  const isNone = { accuracy: null, kappa: null, auc: null, logLoss: null }
  return {
    ...sample,
    ...isNone,
    task: 'regression',
    mae: 1234.5,
    rmse: 2345.6,
    windows: sample.windows.map((window, at) => ({
      ...window,
      ...isNone,
      positiveRatio: null,
      noChangeAccuracy: null,
      majorityAccuracy: null,
      baseRateLogLoss: null,
      mae: 1200 + 40 * Math.sin(at),
      rmse: 2300 + 90 * Math.cos(at),
    })),
    baselines: {
      noChange: { accuracy: null, kappa: null, logLoss: null, mae: 1500.2, rmse: 2411 },
      majority: { accuracy: null, kappa: null, logLoss: null, mae: 1180.7, rmse: 2345.6 },
    },
    calibration: [],
  }
}
