import type { BacktestLayer, BacktestResult, BacktestWindow } from '../result.ts'
import { toInputText } from '../text.ts'
import { toCalibrationChart } from './calibration-chart.ts'
import { none, toCount, toDay, toFixed, toRatio, toSeconds, toSpan, toTime } from './format.ts'
import { toHeadline } from './headline.ts'
import { toImportanceChart } from './importance-chart.ts'
import { toLayerChart } from './layer-chart.ts'
import { type Series, type Timeline, toLineChart } from './line-chart.ts'
import { type Content, html, type Markup } from './markup.ts'
import { style } from './style.ts'
import { toRejectedTable, toRetrainTable, toWindowTable } from './tables.ts'

const dayMs = 86_400_000
/** When the clock is the row's number: 2000-01-01 and a second a row (history.ts). */
const rowClockFromMs = Date.UTC(2000, 0, 1)

/**
 * A backtest as one HTML page: no script, nothing loaded from elsewhere, light or dark as the reader has it, fit to print.
 *
 * @example writeFileSync('report.html', toBacktestPage(result))
 */
export function toBacktestPage(result: BacktestResult): string {
  const { pipeline, data, windows, task } = result
  const hasClock = !isRowClock(result)
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Backtest of ${pipeline}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<main>
<h1>Backtest of ${pipeline}</h1>
<p class="quiet">on ${data}: every row predicted before its label was known, every label learnt from when it was due</p>
${result.inputs.map(input => html`<p class="quiet">${toInputText(input)}</p>`)}
${toHeadline(result)}
${toFacts(result, hasClock)}
<h2>Over time</h2>
${windows.length === 0 ? html`<p class="quiet">There are no windows: no row was predicted.</p>` : [toCharts(result, hasClock), toWindowTable(result, hasClock)]}
<div class="pair">
${task === 'binary' ? html`<section><h2>Calibration</h2>${toCalibrationChart(result.calibration)}</section>` : null}
<section><h2>Importance</h2>${toImportanceChart(result.importance)}</section>
</div>
<h2>Retrains</h2>
${toRetrainTable(result, hasClock)}
<h2>Refused rows</h2>
${toRejectedTable(result)}
<footer>Written by <code>millrace backtest</code>; times are UTC.</footer>
</main>
</body>
</html>
`
  return page.markup
}

function isRowClock({ fromMs, rows, toMs }: BacktestResult): boolean {
  return fromMs === rowClockFromMs && toMs <= rowClockFromMs + rows * 1_000
}

function toFacts(result: BacktestResult, hasClock: boolean): Markup {
  const { rows, fromMs, toMs, scored, beforeFirstModel, labelDelay, promotions, retrains, eventsPerSecond, seconds, definition, layer } =
    result
  const span = [
    { name: 'from', value: toTime(fromMs) },
    { name: 'to', value: toTime(toMs) },
  ]
  const facts = [
    { name: 'rows', value: toCount(rows) },
    ...(hasClock ? span : []),
    { name: 'label delay', value: toDelay(labelDelay) },
    { name: 'scored by a model', value: toCount(scored) },
    { name: 'before the first model', value: toCount(beforeFirstModel) },
    { name: 'retrains, promotions', value: `${toCount(retrains.length)}, ${toCount(promotions.length)}` },
    { name: 'events a second', value: eventsPerSecond > 0 ? toCount(eventsPerSecond) : none },
    { name: 'took', value: `${toSeconds(seconds.total)} s, ${toSeconds(seconds.retraining)} s of it training` },
    ...(layer ? [{ name: 'with the online layer', value: toLayerFigures(layer) }] : []),
    { name: 'definition', value: definition },
  ]
  return html`<dl class="facts">${facts.map(({ name, value }) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

function toLayerFigures({ accuracy, logLoss, auc }: BacktestLayer): string {
  return `accuracy ${toFixed(accuracy, 3)}, log loss ${toFixed(logLoss, 3)}, AUC ${toFixed(auc, 3)}`
}

function toDelay(delay: BacktestResult['labelDelay']): string {
  if (delay === 'label time') return 'the label’s own time'
  if ('ms' in delay) return toSpan(delay.ms)
  return delay.rows === 0 ? 'none' : `${toCount(delay.rows)} ${delay.rows === 1 ? 'row' : 'rows'}`
}

function toCharts(result: BacktestResult, hasClock: boolean): Content {
  const { windows, layer, task } = result
  const timeline = toTimeline(result, hasClock)
  const toSeries = (name: string, kind: Series['kind'], read: (window: BacktestWindow) => number | null): Series => ({
    name,
    kind,
    values: windows.map(read),
  })
  const toLayer = (read: (window: BacktestLayer['windows'][number]) => number | null): Series[] =>
    layer ? [{ name: 'with the layer', kind: 'layer', values: layer.windows.map(read) }] : []
  const toChart = (title: string, unit: string, series: readonly Series[]) =>
    html`<h3>${title} <span class="quiet">${unit}</span></h3>${toLineChart(title, series, timeline)}`
  if (task === 'regression') {
    return [
      toChart('MAE', "in the label's unit; lower is better", [toSeries('model', 'model', ({ mae }) => mae)]),
      toChart('RMSE', "in the label's unit; lower is better", [toSeries('model', 'model', ({ rmse }) => rmse)]),
    ]
  }
  return [
    toChart('Accuracy', 'share of right answers; higher is better', [
      toSeries('model', 'model', ({ accuracy }) => accuracy),
      ...toLayer(({ accuracy }) => accuracy),
      toSeries('no change', 'first', ({ noChangeAccuracy }) => noChangeAccuracy),
      toSeries('majority', 'second', ({ majorityAccuracy }) => majorityAccuracy),
    ]),
    toChart('Log loss', 'nats; lower is better', [
      toSeries('model', 'model', ({ logLoss }) => logLoss),
      ...toLayer(({ logLoss }) => logLoss),
      toSeries('base rate', 'second', ({ baseRateLogLoss }) => baseRateLogLoss),
    ]),
    windows.some(({ auc }) => auc !== null)
      ? toChart('AUC', 'chance that a yes scores above a no; higher is better', [
          toSeries('model', 'model', ({ auc }) => auc),
          ...toLayer(({ auc }) => auc),
        ])
      : null,
    layer
      ? html`<h3>The layer <span class="quiet">what its experts weighed, from the first row to the last</span></h3>${toLayerChart(layer)}`
      : null,
  ]
}

function toTimeline(result: BacktestResult, hasClock: boolean): Timeline {
  const { windows, retrains, promotions, beforeFirstModel } = result
  const toDate = result.toMs - result.fromMs < 5 * dayMs ? (ms: number) => toTime(ms).slice(5) : toDay
  const place = (row: number, ms: number) => `row ${toCount(row)}${hasClock ? `, ${toTime(ms)}` : ''}`
  return {
    rowCount: windows[windows.length - 1].toRow,
    beforeFirstModel,
    windows: windows.map(window => ({ fromRow: window.fromRow, toRow: window.toRow, title: toWindowTitle(window, place) })),
    retrains: retrains.map(({ atRow, atMs, trainer, isPromoted, reason }) => ({
      atRow,
      title: `retrain at ${place(atRow, atMs)}: ${trainer ?? 'not trained'}, ${isPromoted ? 'promoted' : 'not promoted'}\n${reason}`,
    })),
    promotions: promotions.map(({ atRow, atMs, version, reason }) => ({ atRow, title: `${version} at ${place(atRow, atMs)}\n${reason}` })),
    ...(hasClock ? { dayOf: (row: number) => toDate(toMsOfRow(windows, row)) } : {}),
  }
}

function toWindowTitle(window: BacktestWindow, place: (row: number, ms: number) => string): string {
  const { fromRow, fromMs, toRow, toMs, accuracy, noChangeAccuracy, majorityAccuracy, logLoss, auc, mae, rmse, positiveRatio } = window
  const figures: readonly [string, number | null, number][] = [
    ['accuracy', accuracy, 3],
    ['no change', noChangeAccuracy, 3],
    ['majority', majorityAccuracy, 3],
    ['log loss', logLoss, 4],
    ['AUC', auc, 3],
    ['MAE', mae, 3],
    ['RMSE', rmse, 3],
  ]
  const known = figures.flatMap(([name, value, digits]) => (value === null ? [] : [`${name} ${toFixed(value, digits)}`]))
  const positive = positiveRatio === null ? [] : [`positive ${toRatio(positiveRatio)}`]
  return [`${place(fromRow, fromMs)} to ${place(toRow, toMs)}`, ...known, ...positive].join('\n')
}

/** When a row came, as if the rows of a window came evenly. */
function toMsOfRow(windows: readonly BacktestWindow[], row: number): number {
  const window = windows.find(({ toRow }) => row <= toRow) ?? windows[windows.length - 1]
  const share = (row - window.fromRow) / Math.max(1, window.toRow - window.fromRow)
  return window.fromMs + share * (window.toMs - window.fromMs)
}
