import type { BenchTable } from './flights.ts'

/** One measurement: train on the first rows of a table, test on the next. Passed as JSON to a fresh process of either trainer. */
export interface TrainerRequest {
  readonly table: BenchTable
  readonly targetsFile: string
  readonly trainRowCount: number
  readonly testRowCount: number
  readonly roundCount: number
  readonly threadCount: number
  /** Where the model goes after training, if it is to be kept. */
  readonly saveTo?: string
  /** The saved model to add rounds to. */
  readonly startFrom?: string
}

export interface TrainerResult {
  /** Finding bins, binning, and all rounds; with a saved model, also scoring it. Reading files is not counted. */
  readonly trainSec: number
  /** Processor time of all threads meanwhile: what other load on the machine leaves alone, but a waiting thread that spins counts. */
  readonly cpuSec: number
  readonly logLoss: number
  readonly auc: number
  /** Peak of the whole process until training ended. */
  readonly peakRssMb: number
}
