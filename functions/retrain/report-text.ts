import type { Interval } from '#models/measure/intervals.ts'
import type { Check } from '#models/policy/guardrails.ts'
import type { RefusedObject } from '../ports.ts'
import type { RetrainReport } from './report.ts'

/** The report as a page of Markdown that is read in a minute. */
export function toReportText(report: RetrainReport): string {
  const { version, decision, rows, standings, gainOverRival, gainOverNextTrainer, importance, calibration, phases, settings } = report
  const { recalibration } = calibration
  const date = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
  return [
    `# ${version}: ${decision.promote ? 'promoted' : 'kept back'}`,
    '',
    `${decision.reason}.`,
    '',
    `Trained on ${rows.train} rows, ${date(rows.fromMs)} to ${date(rows.splitMs)}; measured on the ${rows.holdout} after them, to ${date(rows.toMs)} (event time, UTC).`,
    `Between them ${rows.gap} rows are left out, whose label was not known when the measuring began.${rows.refit === null ? '' : ` The model that serves was then trained again on all ${rows.refit}.`}`,
    ...(decision.checks.length > 0
      ? ['', '| check | got | wanted | |', '| --- | --- | --- | --- |', ...decision.checks.map(toCheckRow), '']
      : []),
    `${rows.objectCount} archive objects; ${rows.sampledRatio < 1 ? `a sample of ${fixed(rows.sampledRatio)} of the ids, weighted` : 'every id'}; label late for ${fixed(rows.lateLabelRatio)} of the rows${toRefusedText(rows.refused)}.`,
    ...(rows.sampledBecause === null ? [] : ['', `Why a sample: ${rows.sampledBecause}.`]),
    '',
    '| model | log loss (95 %) | AUC (95 %) |',
    '| --- | --- | --- |',
    ...standings.map(({ name, logLoss, auc }) => `| ${name} | ${withInterval(logLoss?.loss, logLoss)} | ${withInterval(auc?.auc, auc)} |`),
    '',
    `Gain in log loss over the rival: ${withInterval(gainOverRival?.gain, gainOverRival)}.`,
    ...(gainOverNextTrainer
      ? [`Gain of the chosen trainer over the next: ${withInterval(gainOverNextTrainer.gain, gainOverNextTrainer)}.`]
      : []),
    '',
    `Calibration: expected error ${fixed(calibration.expectedError)}, slope ${fixed(recalibration?.slope)}, intercept ${fixed(recalibration?.intercept)} (1 and 0 are perfect).`,
    '',
    '| score, mean of a tenth of the rows | share of yes | rows |',
    '| --- | --- | --- |',
    ...calibration.reliability.map(
      ({ meanScore, positiveRatio, rowCount }) => `| ${fixed(meanScore)} | ${fixed(positiveRatio)} | ${rowCount} |`,
    ),
    '',
    '| feature | log loss without it | share of gain |',
    '| --- | --- | --- |',
    ...importance.map(
      ({ feature, lossIncrease, gainRatio }) =>
        `| ${feature} | ${lossIncrease >= 0 ? '+' : ''}${fixed(lossIncrease)} | ${fixed(gainRatio)} |`,
    ),
    '',
    '| phase | ms | resident MB |',
    '| --- | --- | --- |',
    ...phases.map(({ name, ms, residentBytes }) => `| ${name} | ${Math.round(ms)} | ${Math.round(residentBytes / 1e6)} |`),
    '',
    `Settings: ${JSON.stringify(settings)}`,
    '',
  ].join('\n')
}

const refusedAtMost = 5

/** Archive objects that could not be read, the first of them by name; nothing where there are none. */
export function toRefusedText(refused: readonly RefusedObject[] = []): string {
  if (refused.length === 0) return ''
  const named = refused.slice(0, refusedAtMost).map(({ key, reason }) => `${key} (${reason})`)
  const more = refused.length > refusedAtMost ? ` and ${refused.length - refusedAtMost} more` : ''
  return `; ${refused.length} objects could not be read: ${named.join(', ')}${more}`
}

function toCheckRow({ name, ok, got, wanted }: Check): string {
  return `| ${name} | ${typeof got === 'number' && !Number.isInteger(got) ? fixed(got) : (got ?? '-')} | ${wanted} | ${ok ? 'ok' : 'not met'} |`
}

function withInterval(value: number | undefined, interval: Interval | null): string {
  return value === undefined || !interval ? '-' : `${fixed(value)} (${fixed(interval.low)} to ${fixed(interval.high)})`
}

function fixed(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : value.toFixed(4)
}
