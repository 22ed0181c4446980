import { toMinute } from '../table.ts'
import { toSpan } from './html/format.ts'
import type { BacktestLayer, BacktestResult } from './result.ts'
import { batchRows } from './run.ts'

/** The result as a person reads it at a terminal. */
export function toBacktestText(result: BacktestResult): string {
  const { baselines, layer, rejected, retrains, promotions, seconds } = result
  const rejectedCount = Object.values(rejected).reduce((sum, count) => sum + count, 0)
  const step = Math.max(1, Math.ceil(result.windows.length / windowsShown)) // so that the table fits a screen
  const shown = result.windows.filter((_, at) => at % step === 0)
  const rows = [
    ['', 'accuracy', 'kappa', 'AUC', 'log loss'],
    ['models', fixed(result.accuracy), fixed(result.kappa), fixed(result.auc), fixed(result.logLoss)],
    ...(result.beforeFirstModel > 0
      ? [
          [
            'of scored',
            fixed(result.ofScored.accuracy),
            fixed(result.ofScored.kappa),
            fixed(result.ofScored.auc),
            fixed(result.ofScored.logLoss),
          ],
        ]
      : []),
    ...(layer ? [['with layer', fixed(layer.accuracy), fixed(layer.kappa), fixed(layer.auc), fixed(layer.logLoss)]] : []),
    ['no change', fixed(baselines.noChange.accuracy), fixed(baselines.noChange.kappa), '-', '-'],
    ['majority', fixed(baselines.majority.accuracy), fixed(baselines.majority.kappa), '-', fixed(baselines.majority.logLoss)],
  ]
  return [
    `${result.pipeline}: ${count(result.rows)} rows of ${result.data}, ${toMinute(result.fromMs)} to ${toMinute(result.toMs)}, label ${toDelay(result.labelDelay)}`,
    ...rows.map(
      cells =>
        `  ${cells[0].padEnd(12)}${cells
          .slice(1)
          .map(cell => cell.padStart(10))
          .join('')}`,
    ),
    `  ${count(result.beforeFirstModel)} rows came before the first model and count with the share of yes so far; 'of scored' leaves them out`,
    ...(retrains.length === 0
      ? [`  no model was trained: the first is at ${count(result.firstAtRows)} labelled rows (retrain.when.firstAtRows)`]
      : []),
    ...(rejectedCount > 0 ? [`  ${count(rejectedCount)} refused: ${toReasons(rejected)}`] : []),
    ...result.inputs.map(input => `  ${toInputText(input)}`),
    `  ${count(retrains.length)} trainings, at least ${batchRows} rows apart, ${count(promotions.length)} promotions, ${seconds.retraining.toFixed(1)} s of ${seconds.total.toFixed(1)} s`,
    `  ${count(result.eventsPerSecond)} events/s, training not counted`,
    ...(layer ? [`  the layer went by ${toHeaviest(layer)} at the end`] : []),
    '',
    ...(step > 1 ? [`  every ${toOrdinal(step)} of ${result.windows.length} windows; the others are in --report and --json`] : []),
    `  ${'rows'.padEnd(18)}${['accuracy', 'no change', 'AUC', 'log loss', 'base rate'].map(head => head.padStart(10)).join('')}`,
    ...shown.map(window => {
      const cells = [window.accuracy, window.noChangeAccuracy, window.auc, window.logLoss, window.baseRateLogLoss]
      return `  ${`${count(window.fromRow + 1)} to ${count(window.toRow)}`.padEnd(18)}${cells.map(cell => fixed(cell).padStart(10)).join('')}`
    }),
  ].join('\n')
}

const windowsShown = 10

/** The members of the layer that weigh most, heaviest first. */
function toHeaviest({ members, windows }: BacktestLayer): string {
  const weights = windows[windows.length - 1].weights.map((weight, at) => ({ name: members[at], weight }))
  const heaviest = weights.sort((a, b) => b.weight - a.weight).slice(0, 3)
  return heaviest.map(({ name, weight }) => `${name} (${weight.toFixed(2)})`).join(', ')
}

const toOrdinal = (step: number) => (step === 2 ? 'second' : step === 3 ? 'third' : `${step}th`)

function toDelay(delay: BacktestResult['labelDelay']): string {
  if (delay === 'label time') return 'known at its own time'
  return 'rows' in delay ? `known ${count(delay.rows)} rows later` : `known ${toSpan(delay.ms)} later`
}

/** What was read of an input; the page says it in the same words. */
export function toInputText({ name, file, rows, rejected }: BacktestResult['inputs'][number]): string {
  if (file === null) return `input ${name} was left out: what features are given of it is missing`
  const refused = Object.values(rejected).reduce((sum, times) => sum + times, 0)
  return `input ${name}: ${count(rows)} rows of ${file}${refused > 0 ? `, ${count(refused)} refused: ${toReasons(rejected)}` : ''}`
}

function toReasons(rejected: Readonly<Record<string, number>>): string {
  return Object.entries(rejected)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 5)
    .map(([reason, times]) => `${reason} (${count(times)})`)
    .join('; ')
}

const count = (value: number) => Math.round(value).toLocaleString('en-US')
const fixed = (value: number | null) => (value === null ? '-' : value.toFixed(4))
