import { toDigits, toFixed } from './format.ts'
import { toPlace } from './line-chart.ts'
import { html, type Markup } from './markup.ts'

const shownAtMost = 20
const rowHeight = 22
const width = 360
const nameWidth = 138
const valueWidth = 62
const nameLength = 18

/** What each feature is worth: bars of the loss that its absence costs; below 0 in another colour. */
export function toImportanceChart(importance: readonly { readonly feature: string; readonly lossIncrease: number }[]): Markup {
  const shown = importance.filter(({ lossIncrease }) => Number.isFinite(lossIncrease)).slice(0, shownAtMost)
  if (shown.length === 0) return html`<p class="quiet">It was not measured: there was no champion, or its holdout held too few rows.</p>`
  const most = Math.max(...shown.map(({ lossIncrease }) => Math.abs(lossIncrease)))
  const digits = toDigits(most)
  const longest = width - nameWidth - valueWidth
  const rest = importance.length - shown.length
  return html`<p>How much the loss of the last champion rises on its holdout when a feature's values are shuffled. Below 0 is chance.</p>
<figure><svg viewBox="0 0 ${width} ${shown.length * rowHeight}" role="img" aria-label="importance of the features">
${shown.map(({ feature, lossIncrease }, at) => {
  const length = most === 0 ? 0 : (Math.abs(lossIncrease) / most) * longest
  const middle = at * rowHeight + rowHeight / 2
  return html`<g><title>${feature}: ${toFixed(lossIncrease, digits + 1)}</title>
<text class="ink" x="${nameWidth - 8}" y="${middle + 4}" text-anchor="end">${toShort(feature)}</text>
<rect class="${lossIncrease < 0 ? 'loss' : 'fill model'}" stroke="none" x="${nameWidth}" y="${middle - 6}" width="${toPlace(Math.max(1, length))}" height="12" rx="1.5"/>
<text x="${toPlace(nameWidth + length + 6)}" y="${middle + 4}">${toFixed(lossIncrease, digits)}</text></g>`
})}
</svg></figure>
${rest > 0 ? html`<p class="quiet">${rest} more ${rest === 1 ? 'feature matters' : 'features matter'} less.</p>` : null}`
}

/** The beginning and the end of a long name: both tell columns apart. */
function toShort(name: string): string {
  const signs = [...name]
  return signs.length <= nameLength ? name : `${signs.slice(0, 10).join('')}…${signs.slice(-7).join('')}`
}
