import { toTable } from '../../../cli/table.ts'
import type { LayerFindings } from '../check-layer.ts'
import type { Outcome, WrongEnding } from './outcome.ts'

/** What `--json` writes. */
export interface HostileReport {
  /** Records of all topics: events and labels of flights, and hostile ones. */
  readonly sent: number
  readonly hostile: number
  readonly kinds: number
  readonly predictions: number
  readonly rejected: number
  readonly putAside: number
  readonly lost: number
  readonly doubled: number
  /** Partitions of a group that stood still for a minute, once for each time. */
  readonly stalls: number
  /** Consumers of the event source that crashed, and function processes that died. */
  readonly restarts: number
  /** Hostile records that did not end as their kind says. */
  readonly wrongEndings: number
  /** Rejections of events and labels that `millrace redrive` put back, and those that did not come back byte for byte. */
  readonly redriven: number
  readonly changed: readonly string[]
  /** Calls that the limits of AWS refused. */
  readonly refusedCalls: number
  /** Invocations that repeated an earlier one. */
  readonly retries: number
  readonly labelsLearnt: number
  readonly layerVersions: number
  /** Where the online layer is not what the archive makes of its labels, each learnt once; in words. */
  readonly layerDiffers: readonly string[]
  readonly drained: boolean
  readonly seed: number
  readonly seconds: number
  readonly wrong: readonly WrongEnding[]
  /** In words: what was lost or doubled, where it stalled, what was refused, why invocations failed. */
  readonly details: Readonly<Record<'examples' | 'stalled' | 'refusals' | 'failures', readonly string[]>>
}

/** What a run knows beside how its records ended. */
export interface HostileRun
  extends Pick<
    HostileReport,
    'sent' | 'hostile' | 'kinds' | 'redriven' | 'changed' | 'retries' | keyof LayerFindings | 'drained' | 'seed' | 'seconds'
  > {
  readonly stalled: readonly string[]
  readonly restartCount: number
  /** Lines, and how often each. */
  readonly refusals: ReadonlyMap<string, number>
  readonly failures: ReadonlyMap<string, number>
}

const linesShown = 20

export function toReport({ wrong, examples, ...outcome }: Outcome, run: HostileRun): HostileReport {
  const { sent, hostile, kinds, stalled, restartCount, refusals, failures, ...rest } = run
  const toLines = (counts: ReadonlyMap<string, number>) => [...counts].map(([line, count]) => `${count} × ${line}`).slice(0, linesShown)
  return {
    sent,
    hostile,
    kinds,
    ...outcome,
    stalls: stalled.length,
    restarts: restartCount,
    wrongEndings: wrong.length,
    refusedCalls: [...refusals.values()].reduce((sum, count) => sum + count, 0),
    ...rest,
    wrong,
    details: { examples, stalled, refusals: toLines(refusals), failures: toLines(failures) },
  }
}

/** What `hostile` promises: nothing lost, doubled, stalled or restarted, and every record ended as its kind says. */
export function doesHold({ lost, doubled, stalls, restarts, wrongEndings, changed, layerDiffers, drained }: HostileReport): boolean {
  return [lost, doubled, stalls, restarts, wrongEndings, changed.length, layerDiffers.length].every(count => count === 0) && drained
}

/** The report for a person: a line for each figure, then a table of the kinds that ended wrongly. */
export function toReportText({ wrong, changed, layerDiffers, details, ...figures }: HostileReport): string {
  const lines = Object.entries(figures).map(([name, value]) => {
    return `  ${name.padEnd(14)} ${typeof value === 'number' ? Number(value.toFixed(1)).toLocaleString('en') : value ? 'yes' : 'no'}`
  })
  const groups = [...Map.groupBy(wrong, ({ kind, wanted, ended }) => `${kind}\n${wanted}\n${ended}`).values()]
  const rows = groups.slice(0, linesShown).map(group => {
    const [{ kind, place, wanted, ended }] = group
    return [kind, `${group.length}`, wanted, ended.slice(0, 120), place]
  })
  const columns = ['kind', 'records', 'wanted', 'ended', 'the first at'].map(title => ({ title }))
  const told = Object.entries({ ...details, changed, layerDiffers }).flatMap(([name, all]) => all.map(line => `  ${name}: ${line}`))
  return [...lines, ...(rows.length > 0 ? ['', toTable(columns, rows), `  ${groups.length} kinds of wrong ending`] : []), ...told].join(
    '\n',
  )
}
