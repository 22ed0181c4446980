import type { Wholeness } from '#functions/state/sources.ts'
import { toRecordCount } from '../progress.ts'
import type { ClusterStatus, TopicStatus } from './cluster.ts'
import type { LagStatus } from './lag.ts'
import type { ModelsStatus } from './models.ts'
import type { ScheduleStatus } from './schedules.ts'
import type { Section } from './section.ts'

/** An alarm of the stack that is not at rest. */
export interface OpenAlarm {
  readonly name: string
  readonly sinceMs: number | null
  readonly reason: string
}

/** All that `millrace status` shows. */
export interface Status {
  readonly pipeline: string
  readonly stack: string
  readonly readAtMs: number
  readonly cluster: Section<ClusterStatus>
  readonly topics: Section<readonly TopicStatus[]>
  readonly lag: Section<readonly LagStatus[]>
  readonly models: Section<ModelsStatus>
  /** Since when windows hold all that they reach back to; null where the definition has none. */
  readonly windows: Section<Wholeness | null>
  readonly schedules: Section<readonly ScheduleStatus[]>
  readonly alarms: Section<readonly OpenAlarm[]>
}

/** States in which MSK serves. */
const servingStates: ReadonlySet<string> = new Set(['ACTIVE', 'UPDATING', 'MAINTENANCE', 'REBOOTING_BROKER'])

const sectionNames = ['cluster', 'topics', 'lag', 'models', 'windows', 'schedules', 'alarms'] as const

/**
 * What is wrong, one line each; none: all is well.
 *
 * A pipeline without a champion is young, not broken, as are windows that warm up; a schedule that is off was turned off by somebody.
 *
 * @example if (findProblems(status).length > 0) process.exitCode = 1
 */
export function findProblems(status: Status): string[] {
  const { cluster, topics, lag, models, windows, alarms } = status
  const problems: string[] = []
  for (const name of sectionNames) {
    const section = status[name]
    if (section && !section.ok) problems.push(`${name} cannot be read: ${section.reason}`)
  }
  if (cluster.ok && !servingStates.has(cluster.value.state)) problems.push(`the cluster is ${cluster.value.state}`)
  for (const { topic, partitionCount, behindCount } of valuesOf(topics)) {
    if (partitionCount === 0) problems.push(`topic ${topic} is not there`)
    if (behindCount > 0) problems.push(`topic ${topic} has ${behindCount} partitions whose copies are behind`)
  }
  for (const { step, topic, lag: count, trend } of valuesOf(lag)) {
    if (trend === 'growing' || trend === 'stalled') problems.push(`${step} is ${toRecordCount(count)} behind on ${topic}, ${trend}`)
  }
  if (models.ok) {
    const { problem, serving } = models.value
    if (problem !== null) problems.push(`no champion can be read: ${problem}`)
    for (const { role, version, problem: broken } of serving) {
      if (broken !== null) problems.push(`${role} ${version} is broken: ${broken}`)
    }
  }
  const wholeness = windows.ok ? windows.value?.kind : undefined
  if (wholeness === 'unfinished') problems.push('windows are not whole: a rebuild did not come to its end')
  for (const { name, reason } of valuesOf(alarms)) problems.push(`alarm ${name}: ${reason}`)
  return problems
}

function valuesOf<T>(section: Section<readonly T[]> | null): readonly T[] {
  return section?.ok ? section.value : []
}
