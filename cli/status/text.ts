import { toWholenessText } from '../rebuild/text.ts'
import { type TableColumn, toMinute, toTable } from '../table.ts'
import type { ClusterStatus, TopicStatus } from './cluster.ts'
import type { LagStatus } from './lag.ts'
import type { LastRetrain, ModelsStatus, ServingModel } from './models.ts'
import type { ScheduleStatus } from './schedules.ts'
import type { Section } from './section.ts'
import { findProblems, type OpenAlarm, type Status } from './status.ts'

/** The status as tables under their titles, with what is wrong at the end. */
export function toStatusText(status: Status): string {
  const problems = findProblems(status)
  const parts = [
    `pipeline ${status.pipeline}, stack ${status.stack}, ${toMinute(status.readAtMs)} UTC`,
    toPart('cluster', status.cluster, toClusterText),
    toPart('topics', status.topics, toTopicsText),
    toPart('lag', status.lag, toLagText),
    toPart('models', status.models, toModelsText),
    toPart('windows', status.windows, windows => (windows ? toWholenessText(windows) : 'the definition has none')),
    toPart('schedules', status.schedules, toSchedulesText),
    toPart('open alarms', status.alarms, toAlarmsText),
    problems.length === 0 ? 'all is well' : ['what is wrong', ...problems.map(problem => `  ${problem}`)].join('\n'),
  ]
  return `${parts.join('\n\n')}\n`
}

function toPart<T>(title: string, section: Section<T>, toText: (value: T) => string): string {
  const body = section.ok ? toText(section.value) : `cannot be read: ${section.reason}`
  return `${title}\n${body.replace(/^(?=.)/gm, '  ')}`
}

const left = (title: string): TableColumn => ({ title })
const right = (title: string): TableColumn => ({ title, align: 'right' })
const toCount = (count: number) => count.toLocaleString('en')
const since = (ms: number | null) => (ms === null ? '-' : toMinute(ms))

function toClusterText({ name, kind, state, kafkaVersion, brokers }: ClusterStatus): string {
  const version = kafkaVersion === null ? '' : `, Kafka ${kafkaVersion}`
  const answered = brokers.length === 0 ? 'no broker answers' : `brokers: ${brokers.join(', ')}`
  return `${name}: ${state}, ${kind}${version}\n${answered}`
}

function toTopicsText(topics: readonly TopicStatus[]): string {
  return toTable(
    [left('topic'), right('partitions'), right('behind'), right('offsets')],
    topics.map(({ topic, partitionCount, behindCount, recordCount }) =>
      partitionCount === 0 ? [topic, 'missing', '-', '-'] : [topic, toCount(partitionCount), toCount(behindCount), toCount(recordCount)],
    ),
  )
}

function toLagText(lags: readonly LagStatus[]): string {
  return toTable(
    [left('step'), left('topic'), right('lag'), right('arrived'), left('trend')],
    lags.map(({ step, topic, lag, arrived, trend }) => [step, topic, toCount(lag), toCount(arrived), trend]),
  )
}

function toModelsText({ serving, lastRetrain, problem }: ModelsStatus): string {
  const table = toTable([left('role'), left('version'), left('since (UTC)'), left('state')], serving.map(toServingCells))
  const none = problem === null ? 'there is no champion yet' : `no champion can be read: ${problem}`
  return `${serving.length === 0 ? none : table}\nlast retrain: ${lastRetrain ? toRetrainText(lastRetrain) : 'none has made a model yet'}`
}

function toServingCells({ role, version, sinceMs, share, problem }: ServingModel): string[] {
  const shareText = share === null ? '' : ` ${Number((share * 100).toFixed(2))} %`
  return [`${role}${shareText}`, version, since(sinceMs), problem === null ? 'serves' : `broken: ${problem}`]
}

function toRetrainText({ version, trainedAtMs, rowCount, promoted, reason }: LastRetrain): string {
  const said = promoted === null ? 'no decision is kept' : `${promoted ? 'promoted' : 'kept back'}: ${reason}`
  return `${version}, ${toMinute(trainedAtMs)} UTC, ${toCount(rowCount)} rows; ${said}`
}

function toSchedulesText(schedules: readonly ScheduleStatus[]): string {
  if (schedules.length === 0) return 'none'
  return toTable(
    [left('step'), left('state'), left('when')],
    schedules.map(({ step, state, expression }) => [step, state, expression]),
  )
}

function toAlarmsText(alarms: readonly OpenAlarm[]): string {
  if (alarms.length === 0) return 'none'
  return toTable(
    [left('alarm'), left('since (UTC)'), left('reason')],
    alarms.map(({ name, sinceMs, reason }) => [name, since(sinceMs), reason]),
  )
}
