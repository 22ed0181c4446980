import type { BacktestResult, BacktestRetrain } from '../result.ts'
import { none, toCount, toDigits, toFixed, toRatio, toSeconds, toTime } from './format.ts'
import { html, type Markup } from './markup.ts'

/** Every retrain with its cost, and what was decided why. */
export function toRetrainTable({ retrains, seconds }: BacktestResult, hasClock: boolean): Markup {
  if (retrains.length === 0)
    return html`<p class="quiet">No model was trained: there were too few labelled rows, or the schedule never came round.</p>`
  const promotedCount = retrains.filter(({ isPromoted }) => isPromoted).length
  return html`<p>${toCount(retrains.length)} ${retrains.length === 1 ? 'retrain' : 'retrains'}, ${toCount(promotedCount)} promoted; ${toSeconds(seconds.retraining)} s of ${toSeconds(seconds.total)} s went into training.</p>
<div class="scroll"><table><thead><tr><th class="number">At row</th>${hasClock ? html`<th>Time (UTC)</th>` : null}<th>Cause</th><th class="number">Rows</th><th>Trainer</th><th class="number">Holdout loss</th><th class="number">Cost (s)</th><th>Decision</th><th>Reason</th></tr></thead>
<tbody>${retrains.map(retrain => toRetrainRow(retrain, hasClock))}</tbody></table></div>`
}

function toRetrainRow(retrain: BacktestRetrain, hasClock: boolean): Markup {
  const { atRow, atMs, cause, rowCount, trainer, version, isPromoted, reason, holdoutLogLoss, seconds } = retrain
  const decision = isPromoted ? html`<span class="good">promoted</span>` : trainer === null ? 'not trained' : 'kept'
  return html`<tr><td class="number">${toCount(atRow)}</td>${hasClock ? html`<td class="nowrap">${toTime(atMs)}</td>` : null}<td>${cause}</td><td class="number">${toCount(rowCount)}</td><td>${trainer ?? none}</td><td class="number">${toFixed(holdoutLogLoss, 4)}</td><td class="number">${toSeconds(seconds)}</td><td class="nowrap">${decision}</td><td class="reason">${version === null ? null : html`<span class="quiet">${version}</span> `}${reason}</td></tr>`
}

/** Rows that the definition refused, the commonest reason first. */
export function toRejectedTable({ rejected, rows }: BacktestResult): Markup {
  const reasons = Object.entries(rejected).sort(([, a], [, b]) => b - a)
  const total = reasons.reduce((sum, [, count]) => sum + count, 0)
  if (total === 0) return html`<p class="quiet">No row was refused.</p>`
  return html`<p>${toCount(total)} of ${toCount(rows)} rows (${toRatio(total / rows)}) were refused by the definition and count in no figure.</p>
<div class="scroll"><table><thead><tr><th>Reason</th><th class="number">Rows</th></tr></thead><tbody>${reasons.map(([reason, count]) => html`<tr><td>${reason}</td><td class="number">${toCount(count)}</td></tr>`)}</tbody></table></div>`
}

/** The figures behind the charts. */
export function toWindowTable({ windows, task }: BacktestResult, hasClock: boolean): Markup {
  const isBinary = task === 'binary'
  const largest = Math.max(...windows.flatMap(({ mae, rmse }) => [mae ?? 0, rmse ?? 0]))
  const digits = toDigits(largest)
  const names = isBinary ? ['Accuracy', 'No change', 'Majority', 'Kappa', 'AUC', 'Log loss', 'Base rate', 'Positive'] : ['MAE', 'RMSE']
  return html`<details><summary>The figures of the ${toCount(windows.length)} ${windows.length === 1 ? 'window' : 'windows'}</summary>
<div class="scroll"><table><thead><tr><th class="number">Rows</th>${hasClock ? html`<th>From (UTC)</th>` : null}${names.map(name => html`<th class="number">${name}</th>`)}</tr></thead><tbody>${windows.map(
    window => {
      const figures = isBinary
        ? [
            toFixed(window.accuracy, 3),
            toFixed(window.noChangeAccuracy, 3),
            toFixed(window.majorityAccuracy, 3),
            toFixed(window.kappa, 3),
            toFixed(window.auc, 3),
            toFixed(window.logLoss, 4),
            toFixed(window.baseRateLogLoss, 4),
            toRatio(window.positiveRatio),
          ]
        : [toFixed(window.mae, digits), toFixed(window.rmse, digits)]
      return html`<tr><td class="number">${toCount(window.fromRow)} to ${toCount(window.toRow)}</td>${hasClock ? html`<td class="nowrap">${toTime(window.fromMs)}</td>` : null}${figures.map(figure => html`<td class="number">${figure}</td>`)}</tr>`
    },
  )}</tbody></table></div></details>`
}
