import { before, type Choices, chosen } from './cost-choices.ts'
import {
  alwaysOnCosts,
  breakEven,
  type CostSettings,
  containerCosts,
  functionCosts,
  type MonthlyCosts,
  monthlyCosts,
  totalOf,
} from './costs.ts'

const volumes = { idle: 0, '1 M': 1_000_000, '100 M': 100_000_000, '10 B': 10_000_000_000 } as const
const parts = [
  'brokers',
  'pollers',
  'functions',
  'predictions',
  'state',
  'counters',
  'archive',
  'network',
  'watching',
  'tracing',
] as const satisfies readonly (keyof MonthlyCosts)[]

const existing = { kind: 'existing', arn: '', region: '' } as const
const variants: readonly { readonly name: string; readonly change: Partial<CostSettings> }[] = [
  { name: 'provisioned', change: { cluster: { kind: 'provisioned' }, pollers: 'provisioned' } },
  { name: 'provisioned, on-demand pollers', change: { cluster: { kind: 'provisioned' }, pollers: 'on-demand' } },
  { name: 'serverless', change: { cluster: { kind: 'serverless' }, pollers: 'provisioned' } },
  { name: 'serverless, on-demand pollers', change: { cluster: { kind: 'serverless' }, pollers: 'on-demand' } },
  { name: 'existing', change: { cluster: existing, pollers: 'provisioned' } },
  { name: 'existing, on-demand pollers', change: { cluster: existing, pollers: 'on-demand' } },
]

const toUsd = (usd: number) => (usd < 10 && usd > 0 ? usd.toFixed(1) : Math.round(usd).toLocaleString('en-US'))

/** Numbers of predictions to two digits: 190,000,000 is `190 M`. */
function toVolume(count: number): string {
  if (count === 0) return 'the first'
  if (count === Number.POSITIVE_INFINITY) return 'never'
  const rounded = Number(count.toPrecision(2))
  return rounded >= 1e9 ? `${rounded / 1e9} B` : `${rounded / 1e6} M`
}

function toMarkdown(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  const lines = rows.map(row => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`)
  const rule = `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

/** Dollars a month for every kind of cluster and poller, by volume; the other settings as given. */
export function totalsTable(settings: CostSettings): string {
  const head = ['US dollars a month', ...Object.keys(volumes)]
  const rows = variants.map(({ name, change }) => [
    name,
    ...Object.values(volumes).map(predictions => toUsd(totalOf(monthlyCosts({ ...settings, ...change }, predictions)))),
  ])
  return toMarkdown([head, ...rows])
}

/** Dollars a month of these settings by what they are paid for, by volume. */
export function partsTable(settings: CostSettings): string {
  const columns = Object.values(volumes).map(predictions => monthlyCosts(settings, predictions))
  const rows = parts.map(part => [part, ...columns.map(costs => toUsd(costs[part]))])
  return toMarkdown([['US dollars a month', ...Object.keys(volumes)], ...rows, ['all', ...columns.map(costs => toUsd(totalOf(costs)))]])
}

/** Dollars a month by part, as the stack was, traced, and as it is. */
export function changesTable(settings: CostSettings): string {
  const was = { ...settings, tracing: 'on' } as const
  const amounts = [volumes['100 M'], volumes['10 B']].flatMap(predictions => [
    monthlyCosts(was, predictions, before),
    monthlyCosts(settings, predictions),
  ])
  return toMarkdown([
    ['US dollars a month', '100 M, before', '100 M, now', '10 B, before', '10 B, now'],
    ...parts.map(part => [part, ...amounts.map(costs => toUsd(costs[part]))]),
    ['all', ...amounts.map(costs => toUsd(totalOf(costs)))],
    ['a million', ...amounts.map((costs, at) => (totalOf(costs) / (at < 2 ? 100 : 10_000)).toFixed(2))],
  ])
}

/** The most that a month may cost. */
const aims = [
  { predictions: volumes['100 M'], usd: 900 },
  { predictions: volumes['10 B'], usd: 6_000 },
] as const

interface Change {
  readonly name: string
  readonly settings?: Partial<CostSettings>
  readonly choices?: Partial<Choices>
}

/** What each further choice makes of the whole, alone. */
const changes: readonly Change[] = [
  { name: 'as it is' },
  { name: '`tables=provisioned`', settings: { tables: 'provisioned' } },
  { name: '`pollers=on-demand`: no error controls', settings: { pollers: 'on-demand' } },
  { name: 'two brokers in two zones: while one is away, the other alone has what is written', settings: { brokerCount: 2 } },
  { name: '`architecture=arm64`', settings: { architecture: 'arm64' } },
  { name: 'events gathered for a second, not half', choices: { windowSec: { 'preprocess events': 1 } } },
  { name: 'archive gathers for five minutes', choices: { windowSec: { archive: 300 } } },
]

/** Dollars a month with one choice more, and how far from what it may cost. */
export function choicesTable(settings: CostSettings): string {
  const distance = (usd: number, aim: number) => (usd <= aim ? 'met' : `over by ${toUsd(usd - aim)}`)
  const rows = changes.map(change => [
    change.name,
    ...aims.flatMap(({ predictions, usd }) => {
      const total = totalOf(monthlyCosts({ ...settings, ...change.settings }, predictions, { ...chosen, ...change.choices }))
      return [toUsd(total), distance(total, usd)]
    }),
  ])
  return toMarkdown([['US dollars a month', '100 M', 'aim 900', '10 B', 'aim 6,000'], ...rows])
}

/** From how many predictions a month on something else is cheaper. */
export function breakEvenTable(settings: CostSettings): string {
  const onDemand = { ...settings, pollers: 'on-demand' } as const
  const provisioned = { ...settings, pollers: 'provisioned' } as const
  const withPollers = (chosen: CostSettings) => (predictions: number) =>
    functionCosts(chosen, predictions) + monthlyCosts(chosen, predictions).pollers
  const infer = (predictions: number) => functionCosts(settings, predictions, ['infer'])
  return toMarkdown([
    ['instead of', 'something else', 'costs a month', 'is cheaper from'],
    ['the function infer', 'two always-on endpoints, ml.m5.large', toUsd(alwaysOnCosts), toVolume(breakEven(infer, () => alwaysOnCosts))],
    [
      'all functions, on-demand pollers',
      'containers on Fargate, two at least',
      `${toUsd(containerCosts(0))} and more`,
      toVolume(breakEven(withPollers(onDemand), containerCosts)),
    ],
    ['all functions, provisioned pollers', 'the same', 'the same', toVolume(breakEven(withPollers(provisioned), containerCosts))],
  ])
}
