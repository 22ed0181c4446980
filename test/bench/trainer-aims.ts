import type { FlightTables } from './flights.ts'
import { wholeTestRowCount, wholeTrainRowCount } from './whole-table.ts'

/** What both trainers are given: the first rows of a table to train on, the next to test on. */
export interface TrainerRun {
  readonly table: Exclude<keyof FlightTables, 'targetsFile'> | 'whole'
  readonly trainRowCount: number
  readonly testRowCount: number
  readonly roundCount: number
  readonly threadCount: number
  readonly repetitionCount: number
  /** The run whose saved model is trained further; it must come earlier in the table. */
  readonly warmStartOf?: string
}

const million = { trainRowCount: 1_000_000, testRowCount: 100_000, roundCount: 100, threadCount: 1, repetitionCount: 3 }

/**
 * Every run by name, in the order in which they are made. Quality does not vary from run to run: once is enough. `whole` is all that `retrain` does of
 * rows that it has read (both trainers, choice, refit, report) against LightGBM's rounds alone.
 */
export const trainerRuns: Readonly<Record<string, TrainerRun>> = {
  numeric: { ...million, table: 'numeric' },
  numericTwoThreads: { ...million, table: 'numeric', threadCount: 2 },
  categories: { ...million, table: 'categories' },
  few: { ...million, table: 'numeric', trainRowCount: 20_000, testRowCount: 20_000 },
  wide: { ...million, table: 'wide', trainRowCount: 200_000, testRowCount: 50_000 },
  warmStart: { ...million, table: 'numeric', roundCount: 20, warmStartOf: 'numeric' },
  static: { ...million, table: 'static', threadCount: 2, repetitionCount: 1 },
  windows: { ...million, table: 'windows', threadCount: 2, repetitionCount: 1 },
  whole: { ...million, table: 'whole', trainRowCount: wholeTrainRowCount, testRowCount: wholeTestRowCount },
}

export interface TrainerAim {
  readonly work: string
  readonly run: keyof typeof trainerRuns
  /** LightGBM's time over ours, at least. */
  readonly timesFaster?: number
  /** Our processor time over LightGBM's, at most. */
  readonly cpuTimesAtMost?: number
  /** Our log loss less LightGBM's, at most. */
  readonly logLossAbove?: number
  /** Our process at its largest, at most. */
  readonly peakRssMb?: number
}

export const trainerAims: readonly TrainerAim[] = [
  { work: '1,000,000 × 8 numeric, 1 thread', run: 'numeric', timesFaster: 2.2, logLossAbove: 0.0006 },
  { work: '1,000,000 × 8 numeric, 2 threads', run: 'numericTwoThreads', timesFaster: 2 },
  { work: '1,000,000 × 8, airports as categories', run: 'categories', timesFaster: 2.5, logLossAbove: 0.0006 },
  { work: '20,000 × 8 numeric', run: 'few', timesFaster: 1 },
  { work: '200,000 × 40 numeric', run: 'wide', timesFaster: 1 },
  { work: 'warm start, 20 rounds on 100', run: 'warmStart', timesFaster: 3.5 },
  { work: 'peak memory, 1,000,000 × 8, 2 threads', run: 'numericTwoThreads', peakRssMb: 200 },
  { work: 'quality, static columns', run: 'static', logLossAbove: 0.0006 },
  { work: 'whole training, 34,465 × 118', run: 'whole', cpuTimesAtMost: 4, logLossAbove: 0.0006 },
  { work: 'quality, static and delay windows', run: 'windows', logLossAbove: 0.0006 },
]
