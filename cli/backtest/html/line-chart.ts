import { toCount, toFixed } from './format.ts'
import { type Content, html, type Markup } from './markup.ts'
import { makeScale, type Scale } from './scale.ts'

/** A line over the windows; null leaves a gap. */
export interface Series {
  readonly name: string
  /** Its colour and dashes in the style sheet: the model, the layer over it, or the first or second line to compare with. */
  readonly kind: 'model' | 'layer' | 'first' | 'second'
  readonly values: readonly (number | null)[]
}

/** Where the windows lie, and what happened at which row; all charts of a page share it. */
export interface Timeline {
  readonly rowCount: number
  readonly windows: readonly { readonly fromRow: number; readonly toRow: number; readonly title: string }[]
  readonly retrains: readonly { readonly atRow: number; readonly title: string }[]
  readonly promotions: readonly { readonly atRow: number; readonly title: string }[]
  /** Rows before the first model. */
  readonly beforeFirstModel: number
  /** What stands under a row's number on the axis; absent where rows have no time of their own. */
  readonly dayOf?: (row: number) => string
}

const height = 230
const margin = { top: 18, right: 14, bottom: 46, left: 52 }
/** Numbers of promotions stand at least this far apart, in pixels. */
const labelGap = 16
const dotsAtMost = 40

/**
 * A line chart with its key: lines over rows, promotions as marked lines, retrains as ticks under the axis, the figures on hovering.
 *
 * Drawn twice, for wide and for narrow pages, of which the style sheet shows one.
 */
export function toLineChart(label: string, series: readonly Series[], timeline: Timeline): Markup {
  const drawn = series.filter(({ values }) => values.some(isNumber))
  if (drawn.length === 0) return html`<p class="quiet">No window has a figure for ${label}.</p>`
  return html`<figure><figcaption>${drawn.map(toKey)}${toMarkKeys(timeline)}</figcaption>${drawChart({ label, series: drawn, timeline, width: 760, name: 'wide' })}${drawChart({ label, series: drawn, timeline, width: 360, name: 'narrow' })}</figure>`
}

function toKey({ name, kind }: Series): Markup {
  return html`<span class="key"><svg viewBox="0 0 26 10" aria-hidden="true"><path class="series ${kind}" d="M1 5H25"/></svg>${name}</span>`
}

function toMarkKeys({ promotions, retrains }: Timeline): Content {
  return [
    promotions.length === 0
      ? null
      : html`<span class="key"><svg viewBox="0 0 26 10" aria-hidden="true"><path class="promotion" d="M13 0V10"/></svg>promotion</span>`,
    retrains.length === 0
      ? null
      : html`<span class="key"><svg viewBox="0 0 26 10" aria-hidden="true"><path class="retrain" d="M13 2V8"/></svg>retrain</span>`,
  ]
}

interface Drawing {
  readonly label: string
  readonly series: readonly Series[]
  readonly timeline: Timeline
  readonly width: number
  readonly name: 'wide' | 'narrow'
}

function drawChart({ label, series, timeline, width, name }: Drawing): Markup {
  const right = width - margin.right
  const bottom = height - margin.bottom
  const y = makeScale(
    series.flatMap(({ values }) => values),
    { from: bottom, to: margin.top, tickCount: 4 },
  )
  const x = makeScale([0, Math.max(1, timeline.rowCount)], {
    from: margin.left,
    to: right,
    tickCount: name === 'wide' ? 6 : 3,
    isWidened: false,
  })
  const before = x.at(Math.min(timeline.beforeFirstModel, timeline.rowCount)) - margin.left
  return html`<svg class="${name}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label} over the rows">
${before < 1 ? null : html`<rect class="before" x="${margin.left}" y="${margin.top}" width="${toPlace(before)}" height="${bottom - margin.top}"><title>${toCount(timeline.beforeFirstModel)} rows before the first model</title></rect>`}
${y.ticks.map(tick => html`<path class="grid" d="M${margin.left} ${toPlace(y.at(tick))}H${right}"/><text x="${margin.left - 8}" y="${toPlace(y.at(tick) + 4)}" text-anchor="end">${toFixed(tick, y.digits)}</text>`)}
${drawRowAxis(x, bottom, timeline)}
${drawPromotions(timeline, x, bottom)}
${[...series].reverse().map(one => drawSeries(one, timeline, x, y))}
${timeline.windows.map(window => html`<rect class="hover" x="${toPlace(x.at(window.fromRow))}" y="${margin.top}" width="${toPlace(x.at(window.toRow) - x.at(window.fromRow))}" height="${bottom - margin.top}"><title>${window.title}</title></rect>`)}
${timeline.promotions.map(({ atRow, title }) => html`<rect class="hover" x="${toPlace(x.at(atRow) - 3)}" y="${margin.top - 16}" width="6" height="${bottom - margin.top + 16}"><title>${title}</title></rect>`)}
</svg>`
}

/** A line for each, numbered in their order as far as there is room. */
function drawPromotions({ promotions }: Timeline, x: Scale, bottom: number): Content {
  let labelledAt = Number.NEGATIVE_INFINITY
  return promotions.map(({ atRow }, at) => {
    const place = toPlace(x.at(atRow))
    const line = html`<path class="promotion" d="M${place} ${margin.top - 4}V${bottom}"/>`
    if (place - labelledAt < labelGap) return line
    labelledAt = place
    return [line, html`<text class="promotion" x="${place}" y="${margin.top - 7}" text-anchor="middle">${at + 1}</text>`]
  })
}

/** Rows, the day of each below it, and a tick for every retrain. */
function drawRowAxis(x: Scale, bottom: number, { retrains, dayOf }: Timeline): Content {
  return [
    html`<path class="axis" d="M${toPlace(x.at(x.min))} ${bottom}H${toPlace(x.at(x.max))}"/>`,
    retrains.map(
      ({ atRow, title }) => html`<path class="retrain" d="M${toPlace(x.at(atRow))} ${bottom + 1}v6"><title>${title}</title></path>`,
    ),
    x.ticks.map(tick => {
      const anchor = tick === x.min ? 'start' : x.at(x.max) - x.at(tick) < 24 ? 'end' : 'middle'
      const place = toPlace(x.at(tick))
      return html`<text x="${place}" y="${bottom + 21}" text-anchor="${anchor}">${tick === x.min ? 'row 0' : toCount(tick)}</text>${dayOf ? html`<text x="${place}" y="${bottom + 37}" text-anchor="${anchor}">${dayOf(tick)}</text>` : null}`
    }),
  ]
}

/** Lines from the middle of one window to that of the next; a window that stands alone is a level line of its own width. */
function drawSeries({ kind, values }: Series, { windows }: Timeline, x: Scale, y: Scale): Content {
  const isThere = (at: number) => at >= 0 && at < values.length && isNumber(values[at])
  let path = ''
  const dots: Markup[] = []
  values.forEach((value, at) => {
    if (!isNumber(value)) return
    const { fromRow, toRow } = windows[at]
    const level = toPlace(y.at(value))
    const middle = toPlace(x.at((fromRow + toRow) / 2))
    if (!isThere(at - 1) && !isThere(at + 1)) path += `M${toPlace(x.at(fromRow))} ${level}H${toPlace(x.at(toRow))}`
    else path += `${isThere(at - 1) ? 'L' : 'M'}${middle} ${level}`
    if (kind === 'model' && values.length <= dotsAtMost) dots.push(html`<circle class="dot ${kind}" cx="${middle}" cy="${level}" r="2.5"/>`)
  })
  return [html`<path class="series ${kind}" d="${path}"/>`, dots]
}

function isNumber(value: number | null): value is number {
  return value !== null && Number.isFinite(value)
}

/** A tenth of a pixel is enough. */
export function toPlace(place: number): number {
  return Math.round(place * 10) / 10
}
