import { toCount, toFixed, toRatio } from './format.ts'
import { toPlace } from './line-chart.ts'
import { html, type Markup } from './markup.ts'
import { makeScale } from './scale.ts'

/** Predictions of like score: their mean score, and how many of them came true. */
export interface CalibrationBin {
  readonly rowCount: number
  readonly meanScore: number
  readonly positiveRatio: number
}

const size = 340
const margin = { top: 10, right: 10, bottom: 44, left: 48 }
const largestRadius = 7

/** Mean score against the share that came true: on the diagonal a score of 0.3 means three in ten. */
export function toCalibrationChart(bins: readonly CalibrationBin[]): Markup {
  const filled = bins.filter(({ rowCount }) => rowCount > 0)
  if (filled.length === 0) return html`<p class="quiet">No prediction of a model has its label yet.</p>`
  const most = Math.max(...filled.map(({ rowCount }) => rowCount))
  const rowCount = filled.reduce((sum, bin) => sum + bin.rowCount, 0)
  const error = filled.reduce((sum, bin) => sum + (bin.rowCount / rowCount) * Math.abs(bin.meanScore - bin.positiveRatio), 0)
  const right = size - margin.right
  const bottom = size - margin.bottom
  const x = makeScale([0, 1], { from: margin.left, to: right, tickCount: 5 })
  const y = makeScale([0, 1], { from: bottom, to: margin.top, tickCount: 5 })
  const points = filled.map(bin => ({ ...bin, x: toPlace(x.at(bin.meanScore)), y: toPlace(y.at(bin.positiveRatio)) }))
  return html`<p>Scores are off by ${toFixed(error, 3)} on average over ${toCount(rowCount)} predictions (expected calibration error). On the diagonal a score of 0.3 means that three in ten came true; a larger dot stands for more predictions.</p>
<figure style="max-width: 24rem"><svg viewBox="0 0 ${size} ${size}" role="img" aria-label="calibration">
${x.ticks.map(tick => html`<path class="grid" d="M${toPlace(x.at(tick))} ${margin.top}V${bottom}"/><text x="${toPlace(x.at(tick))}" y="${bottom + 18}" text-anchor="middle">${toFixed(tick, 1)}</text>`)}
${y.ticks.map(tick => html`<path class="grid" d="M${margin.left} ${toPlace(y.at(tick))}H${right}"/><text x="${margin.left - 8}" y="${toPlace(y.at(tick) + 4)}" text-anchor="end">${toFixed(tick, 1)}</text>`)}
<path class="series first" d="M${x.at(0)} ${y.at(0)}L${x.at(1)} ${y.at(1)}"/>
<path class="series model" d="${points.map((point, at) => `${at === 0 ? 'M' : 'L'}${point.x} ${point.y}`).join('')}"/>
${points.map(point => html`<circle class="dot model" cx="${point.x}" cy="${point.y}" r="${toPlace(Math.max(2.5, largestRadius * Math.sqrt(point.rowCount / most)))}" fill-opacity=".75"><title>${toCount(point.rowCount)} predictions: mean score ${toFixed(point.meanScore, 3)}, came true ${toRatio(point.positiveRatio)}</title></circle>`)}
<text x="${(margin.left + right) / 2}" y="${size - 6}" text-anchor="middle">mean score</text>
<text transform="translate(12 ${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle">share that came true</text>
</svg></figure>`
}
