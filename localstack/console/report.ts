import type { Staleness } from '../replay/label-clock.ts'
import { toDriftLines } from './drift-table.ts'
import type { LayerQuality } from './latest.ts'
import type { LiveQuality } from './quality.ts'
import { paint, qualityLine } from './screen.ts'
import type { Summary } from './summary.ts'

const count = (value: number) => value.toLocaleString('en-US')

/** The summary as a person reads it. */
export function toReport(summary: Summary): string {
  const { eventsPublished, predictions, predictionsUnscored, rejected } = summary
  const crashed = Object.entries(summary.restartsByGroup).filter(([, times]) => times > 0)
  const codes = Object.entries(summary.rejectedByCode).map(([code, times]) => `${code} ${count(times)}`)
  return [
    '',
    paint('bold', 'What came of it'),
    `  ${count(eventsPublished)} events = ${count(predictions)} predictions + ${count(rejected)} rejected; ${toBalance(summary)}`,
    `  ${count(predictionsUnscored)} of the predictions came before the first model and have no score`,
    ...(codes.length > 0 ? [`  rejected for: ${codes.join(', ')}`] : []),
    `  ${count(summary.labelsPublished)} labels, ${count(summary.labelsJoined)} joined with their prediction`,
    `  ${summary.seconds.toFixed(1)} s from the first event to the last one accounted for: ${count(Math.round(summary.eventsPerSecond))} events/s`,
    ...(summary.windowsStaleMs ? [staleLine(summary.windowsStaleMs)] : []),
    `  ${count(summary.archivedObjects)} archive objects in S3`,
    ...(summary.putAside > 0
      ? [paint('red', `  ${count(summary.putAside)} records given up by a step: they lie in the failures bucket`)]
      : []),
    ...crashed.map(([group, times]) => paint('red', `  the consumer of ${group} crashed and started again ${count(times)} times`)),
    '',
    paint('bold', `Models (${summary.bundles.length} trained, ${summary.bundlesWhileStreaming} while the stream ran)`),
    ...(summary.bundles.length === 0 ? [`  ${noModelLine(summary)}`] : []),
    ...summary.bundles.map(({ version, trainer, holdout, contenders, training, decision }) => {
      const others = contenders.slice(1).map(other => ` (${other.trainer} ${other.holdout.logLoss?.toFixed(4) ?? '-'})`)
      const verdict = decision?.promote ? paint('green', 'promoted') : paint('yellow', 'kept back')
      const figures = `holdout AUC ${holdout?.auc?.toFixed(3) ?? '-'}  log loss ${holdout?.logLoss?.toFixed(4) ?? '-'}${others.join('')}`
      return `  ${version}  ${trainer}  ${count(training.rowCount)} rows  ${figures}  ${verdict}: ${decision?.reason ?? 'no decision is kept'}`
    }),
    '',
    paint('bold', 'Live, by model and arm'),
    ...summary.metricsByModel.map(quality => liveLine(quality.model ?? 'no model', quality.model === null ? '' : quality.arm, quality)),
    liveLine('all that counted', '', summary.live),
    ...(summary.latest ? [latestLine(summary.latest)] : []),
    ...(summary.layer ? layerLines(summary.layer) : []),
    ...(summary.drift ? ['', ...toDriftLines(summary.drift)] : []),
  ].join('\n')
}

/** What is missing between events and what came of them: nothing, what a stop left undone, or what was lost. */
function toBalance({ unaccounted, predictionsRepeated, stopped }: Summary): string {
  const missing = Math.max(0, unaccounted)
  const doubled = `${count(predictionsRepeated)} doubled`
  if (stopped && missing > 0) {
    return paint(predictionsRepeated === 0 ? 'yellow' : 'red', `${count(missing)} not processed yet when the run was stopped, ${doubled}`)
  }
  const others = Math.max(0, -unaccounted)
  const strangers = others === 0 ? '' : `, ${count(others)} ${others === 1 ? 'prediction' : 'predictions'} of no event of this run`
  return paint(missing === 0 && predictionsRepeated === 0 ? 'green' : 'red', `${count(missing)} lost, ${doubled}${strangers}`)
}

function noModelLine({ firstModelAtRows, labelsJoined, notTrained }: Summary): string {
  const said =
    notTrained === null ? 'retrain has not run yet: it runs on its schedule, by the event clock' : `the last run of retrain: ${notTrained}`
  return `first model at ${count(firstModelAtRows)} labelled rows, ${count(labelsJoined)} now; ${said}`
}

function staleLine({ meanMs, mostMs }: Staleness): string {
  const minutes = (ms: number) => Math.round(ms / 60_000)
  return `  windows over labels were ${minutes(meanMs)} minutes of event time behind the flights on average, ${minutes(mostMs)} at most`
}

function latestLine({ rowCount, accuracy, auc, logLoss }: NonNullable<Summary['latest']>): string {
  const figures = `accuracy ${accuracy?.toFixed(3) ?? '-'}  AUC ${auc?.toFixed(3) ?? '-'}  log loss ${logLoss?.toFixed(3) ?? '-'}`
  return `  ${`the last ${rowCount.toLocaleString('en-US')} scored`.padEnd(57)}  ${figures}`
}

function layerLines({ champion, layer }: LayerQuality): string[] {
  const figures = ({ auc, logLoss }: LayerQuality['layer']) => `AUC ${auc?.toFixed(4) ?? '-'}  log loss ${logLoss?.toFixed(4) ?? '-'}`
  const line = (who: string, quality: LayerQuality['layer']) => `  ${who.padEnd(57)}  ${figures(quality)}`
  return [
    line(`the bare champion, ${count(champion.rowCount)} rows that both scored`, champion),
    line('the layer over it, the same rows', layer),
  ]
}

function liveLine(model: string, arm: string, quality: LiveQuality): string {
  const figures = quality.accuracy === null ? 'no score' : qualityLine(quality)
  return `  ${model.padEnd(23)} ${arm.padEnd(10)} ${quality.predicted.toLocaleString('en-US').padStart(9)} predictions  ${figures}`
}
