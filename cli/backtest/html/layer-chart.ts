import type { BacktestLayer } from '../result.ts'
import { toFixed } from './format.ts'
import { toPlace } from './line-chart.ts'
import { html, type Markup } from './markup.ts'

const height = 120
const width = 760
const margin = { top: 6, bottom: 6 }
/** Members that never weighed so much stand together as "others". */
const shownFrom = 0.05

/** What the members of the layer weighed over the rows, one above the other: a column for each window, all of them as high. */
export function toLayerChart({ members, windows }: BacktestLayer): Markup {
  const shown = members.map((name, at) => ({ name, at })).filter(({ at }) => windows.some(({ weights }) => weights[at] >= shownFrom))
  const bands = [
    ...shown.map(({ name, at }) => ({ name, weightsOf: (weights: readonly number[]) => weights[at] })),
    { name: 'others', weightsOf: (weights: readonly number[]) => 1 - shown.reduce((sum, { at }) => sum + weights[at], 0) },
  ]
  const columnWidth = width / windows.length
  const columns = windows.map(({ weights }, window) => {
    let from = margin.top
    const title = bands.map(({ name, weightsOf }) => `${name} ${toFixed(weightsOf(weights), 2)}`).join('\n')
    return bands.map(({ weightsOf }, band) => {
      const size = Math.max(0, weightsOf(weights)) * (height - margin.top - margin.bottom)
      from += size
      return html`<rect x="${toPlace(window * columnWidth)}" y="${toPlace(from - size)}" width="${toPlace(columnWidth)}" height="${toPlace(size)}" style="${toFill(band, bands.length)}"><title>${title}</title></rect>`
    })
  })
  const keys = bands.map(({ name }, band) => {
    return html`<span class="key"><svg viewBox="0 0 26 10" aria-hidden="true"><rect width="26" height="10" style="${toFill(band, bands.length)}"/></svg>${name}</span>`
  })
  return html`<figure><figcaption>${keys}</figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="What the layer went by over the rows">${columns}</svg></figure>`
}

/** Hues as far apart as there are bands; of one lightness on light ground and on dark. */
function toFill(band: number, bandCount: number): string {
  return band === bandCount - 1 ? 'fill: var(--line)' : `fill: hsl(${Math.round((210 + (band * 360) / (bandCount - 1)) % 360)} 45% 55%)`
}
