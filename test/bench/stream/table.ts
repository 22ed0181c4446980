import { forest, type OwnFigures, type PeerFigures, type Quality } from './learners.ts'

/** A stream at one delay; absent what was not measured. */
export interface StreamRow {
  readonly stream: string
  readonly delayRows: number
  readonly rowCount: number
  readonly ours: OwnFigures | undefined
  /** By name. */
  readonly peers: Readonly<Record<string, PeerFigures>>
}

/** The figures, and whether more is better. */
const figures: Readonly<Record<keyof Quality, { readonly head: string; readonly sign: 1 | -1 }>> = {
  accuracy: { head: 'accuracy', sign: 1 },
  auc: { head: 'AUC', sign: 1 },
  logLoss: { head: 'log loss', sign: -1 },
}

interface Best {
  readonly name: string
  readonly value: number
  /** Of our layer's figure over it; below 0 where ours is worse. */
  readonly gain: number | undefined
}

/** The best of the peers in one figure; undefined where none was measured. */
export function bestPeer({ peers, ours }: StreamRow, figure: keyof Quality): Best | undefined {
  const { sign } = figures[figure]
  const sorted = Object.entries(peers).sort(([, a], [, b]) => sign * (b[figure] - a[figure]))
  if (sorted.length === 0) return undefined
  const [name, { [figure]: value }] = sorted[0]
  return { name, value, gain: ours && sign * (ours.layer[figure] - value) }
}

const toShare = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(4).replace(/^0\./, '.'))
const toGain = (gain: number | undefined) => (gain === undefined ? '-' : `${gain < 0 ? '-' : '+'}${toShare(Math.abs(gain))}`)
const toMicros = (cpuSec: number | undefined, rowCount: number) => (cpuSec === undefined ? '-' : ((cpuSec / rowCount) * 1e6).toFixed(0))

type Column = readonly [head: string, read: (row: StreamRow) => string]

const figureColumns = (Object.keys(figures) as (keyof Quality)[]).flatMap((figure): Column[] => [
  [figures[figure].head, ({ ours }) => toShare(ours?.bare[figure])],
  ['layer', ({ ours }) => toShare(ours?.layer[figure])],
  ['best peer', row => toBest(bestPeer(row, figure))],
  ['gain', row => toGain(bestPeer(row, figure)?.gain)],
])
const toBest = (best: Best | undefined) => (best ? `${toShare(best.value)} ${best.name}` : '-')

const columns: readonly Column[] = [
  ['stream', ({ stream }) => stream],
  ['late', ({ delayRows }) => String(delayRows)],
  ...figureColumns,
  ['µs a row', ({ ours, rowCount }) => toMicros(ours?.cpuSec, rowCount)],
  [forest, ({ peers, rowCount }) => toMicros(peers[forest]?.cpuSec, rowCount)],
]

/** The rows as text in columns: a gain above 0 is in our favour. */
export function toStreamTable(rows: readonly StreamRow[]): string {
  const cells = columns.map(([head, read]) => [head, ...rows.map(read)])
  const widths = cells.map(column => Math.max(...column.map(cell => cell.length)))
  return [...rows.keys(), rows.length].map(line => cells.map((column, i) => column[line].padEnd(widths[i])).join('  ')).join('\n')
}
