/** Medians over the repetitions of one side. */
export interface TrainerFigures {
  readonly sec: number
  readonly cpuSec: number
  readonly logLoss: number
  readonly auc: number
  readonly peakRssMb: number
}

/** A row of the report: `ratio` is LightGBM's over ours, so more than 1 is better than LightGBM. */
export interface TrainerRow {
  readonly work: string
  readonly ours: TrainerFigures
  readonly lightgbm: TrainerFigures
  readonly ratio: { readonly of: 'trainSec' | 'peakRssMb'; readonly median: number; readonly min: number; readonly max: number }
  /** The same of processor seconds. */
  readonly cpuRatio: number
  readonly aim: string
  readonly isMet: boolean
}

const columns: readonly (readonly [head: string, read: (row: TrainerRow) => string])[] = [
  ['work', ({ work }) => work],
  ['s, ours', ({ ours }) => ours.sec.toFixed(2)],
  ['LightGBM', ({ lightgbm }) => lightgbm.sec.toFixed(2)],
  ['log loss', ({ ours }) => ours.logLoss.toFixed(5)],
  ['LightGBM', ({ lightgbm }) => lightgbm.logLoss.toFixed(5)],
  ['AUC', ({ ours }) => ours.auc.toFixed(4)],
  ['LightGBM', ({ lightgbm }) => lightgbm.auc.toFixed(4)],
  ['MB', ({ ours }) => ours.peakRssMb.toFixed(0)],
  ['LightGBM', ({ lightgbm }) => lightgbm.peakRssMb.toFixed(0)],
  ['ratio (range)', ({ ratio }) => `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`],
  ['of CPU', ({ cpuRatio }) => cpuRatio.toFixed(2)],
  ['aim', ({ aim }) => aim],
  ['met', ({ isMet }) => (isMet ? 'yes' : 'NO')],
]

/** The rows as text in columns; a ratio above 1 is in our favour. */
export function toTrainerTable(rows: readonly TrainerRow[]): string {
  const cells = columns.map(([head, read]) => [head, ...rows.map(read)])
  const widths = cells.map(column => Math.max(...column.map(cell => cell.length)))
  return [...rows.keys(), rows.length].map(line => cells.map((column, i) => column[line].padEnd(widths[i])).join('  ')).join('\n')
}
