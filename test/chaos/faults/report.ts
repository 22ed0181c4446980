import { toTable } from '../../../cli/table.ts'
import { type FaultKind, faultKinds } from './plan.ts'
import type { FaultCounts } from './tally.ts'
import type { Findings } from './verify.ts'

/** What `--json` writes. */
export interface FaultReport {
  readonly faults: Readonly<Record<FaultKind, FaultCounts>>
  /** Records published: events, broken ones among them, and labels. */
  readonly records: number
  readonly predictions: number
  readonly rejected: number
  readonly lost: number
  readonly doubled: number
  readonly featuresChanged: number
  readonly labels: number
  readonly labelsLost: number
  readonly labelsWrong: number
  readonly tableWrong: number
  readonly notArchived: number
  readonly countersEqual: boolean
  readonly windowsEqual: boolean
  /** Whether the online layer is what the archive makes of its labels, to the bit, each learnt once. */
  readonly layerEqual: boolean
  readonly labelsLearnt: number
  readonly layerVersions: number
  /** The first few of what differs, in words. */
  readonly differences: readonly string[]
  readonly repeated: Findings['repeated']
  /** Chunks that the publisher had to send again. */
  readonly resent: number
  /** Function processes that ran with a clock of their own. */
  readonly clocksOff: number
  readonly drained: boolean
  readonly seed: number
  readonly seconds: number
}

const differencesShown = 20

export function toReport(
  { recordsIn, countersDiffer, windowsDiffer, layerDiffers, ...findings }: Findings,
  run: Pick<FaultReport, 'faults' | 'resent' | 'clocksOff' | 'drained' | 'seed' | 'seconds'>,
): FaultReport {
  return {
    records: recordsIn,
    ...findings,
    countersEqual: countersDiffer.length === 0,
    windowsEqual: windowsDiffer.length === 0,
    layerEqual: layerDiffers.length === 0,
    differences: [...countersDiffer, ...windowsDiffer, ...layerDiffers].slice(0, differencesShown),
    ...run,
  }
}

/** What `faults` promises: nothing lost, doubled or changed, all sums equal, and every kind of fault took place. */
export function doesHold(report: FaultReport): boolean {
  const { lost, doubled, featuresChanged, labelsLost, labelsWrong, tableWrong, notArchived } = report
  const isWhole = [lost, doubled, featuresChanged, labelsLost, labelsWrong, tableWrong, notArchived].every(count => count === 0)
  const tookPlace = Object.values(report.faults).every(({ injected }) => injected > 0)
  const isProof = report.repeated.features > 0 // else no features were compared
  const isEqual = report.countersEqual && report.windowsEqual && report.layerEqual
  return isWhole && tookPlace && isProof && isEqual && report.labelsLearnt > 0 && report.drained
}

/** The report for a person: a table of the faults, then a line for each figure. */
export function toReportText(report: FaultReport): string {
  const { faults, differences, repeated, ...figures } = report
  const count = (value: number) => value.toLocaleString('en')
  const columns = [{ title: 'fault' }, ...['injected', 'records', 'retries'].map(title => ({ title, align: 'right' as const }))]
  const rows = Object.entries(faults).map(([kind, { injected, records, retries }]) => [
    faultKinds[kind as FaultKind],
    count(injected),
    count(records),
    count(retries),
  ])
  const lines = Object.entries(figures).map(([name, value]) => {
    return `  ${name.padEnd(18)} ${typeof value === 'number' ? count(value) : value ? 'yes' : 'no'}`
  })
  const said = Object.entries(repeated).map(([topic, copies]) => `${count(copies)} of ${topic}`)
  return [
    toTable(columns, rows),
    '',
    ...lines,
    `  copies that readers leave out: ${said.join(', ')}`,
    ...differences.map(line => `  ${line}`),
  ].join('\n')
}
