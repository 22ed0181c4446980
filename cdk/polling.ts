import { MillraceError } from '#models/errors.ts'
import type { TopicKind } from '#models/topics.ts'
import type { Settings } from './setting-table.ts'
import { topicSettings } from './topics.ts'

/** How Lambda polls every topic of the stack. Without provisioned pollers there are no error controls, so none can be asked for. */
export interface Polling {
  readonly provisioned?: ProvisionedPolling
  /** Whether a batch that is given up is kept in S3. */
  readonly keepsFailures: boolean
}

export interface ProvisionedPolling {
  readonly minCount: number
  readonly maxCount: number
  /** Mappings of one group share the poller units that are paid for. */
  readonly group: string
  readonly partialFailures: boolean
  readonly bisect: boolean
  /** -1 is without end. */
  readonly retriesAtMost: number
  /** How old a record of this kind of topic may become; undefined is without end. */
  recordAgeAtMostSec(topic: TopicKind): number | undefined
}

type PollerSettings = Pick<
  Settings,
  'pollers' | 'minPollers' | 'maxPollers' | 'partialFailures' | 'bisect' | 'retriesAtMost' | 'recordAgeAtMostSec' | 'onFailure' | 'topics'
>

/** Lambda's most: it is the record's age that ends the tries. How long so many take, AWS does not say, and a fault may fail at once. */
const mostRetries = 10_000

const mostAgeSec = 604_800

/** How long before a record may be deleted it is put aside: enough for a queue of them to reach the bucket, and for clocks that differ. */
const aheadSec = 12 * 3_600

/**
 * The pollers and all error controls together, so that one message names everything that does not fit.
 *
 * @throws MillraceError SETTING_INVALID for an error control without provisioned pollers, and for a limit that would lose records
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 */
export function toPolling(settings: PollerSettings, group: string): Polling {
  return settings.pollers === 'provisioned' ? toProvisioned(settings, group) : toOnDemand(settings)
}

function toOnDemand(settings: PollerSettings): Polling {
  const asked = [
    settings.partialFailures === 'on' && 'partialFailures',
    settings.bisect === 'on' && 'bisect',
    (settings.retriesAtMost ?? -1) !== -1 && 'retriesAtMost',
    settings.recordAgeAtMostSec !== undefined && 'recordAgeAtMostSec',
  ].filter(name => name !== false)
  if (asked.length > 0) {
    const [need, them] = asked.length === 1 ? ['needs', 'it'] : ['need', 'them']
    throw invalid(
      `${asked.join(', ')} ${need} provisioned pollers, got pollers=on-demand; leave ${them} out, or give -c pollers=provisioned ` +
        '(-c costs=show prints what each costs)',
    )
  }
  return { keepsFailures: settings.onFailure === 's3' } // Lambda gives up after ten retries then
}

function toProvisioned(settings: PollerSettings, group: string): Polling {
  const { minPollers: minCount, maxPollers: maxCount, recordAgeAtMostSec, topics } = settings
  const { onFailure = 's3', retriesAtMost = onFailure === 's3' ? mostRetries : -1 } = settings
  if (minCount > maxCount) {
    throw invalid(`minPollers must be at most maxPollers, ${maxCount}, got ${minCount}; change one of them with -c`)
  }
  if (onFailure === 's3' && retriesAtMost === -1) {
    throw invalid('retriesAtMost must be a limit where onFailure is s3, or Lambda makes it 10; give a limit, or -c onFailure=none')
  }
  if (onFailure === 'none' && (retriesAtMost !== -1 || recordAgeAtMostSec !== undefined)) {
    throw invalid(
      'retriesAtMost and recordAgeAtMostSec need onFailure=s3, or what is given up would be lost; leave them or onFailure=none out',
    )
  }
  if (topics === 'make' && recordAgeAtMostSec !== undefined && recordAgeAtMostSec >= shortestRetentionSec) {
    throw invalid(
      `recordAgeAtMostSec must be below the shortest retention of a topic that is read, ${shortestRetentionSec}, got ${recordAgeAtMostSec}: ` +
        'a record that is deleted before it is put aside is lost',
    )
  }
  return {
    keepsFailures: onFailure === 's3',
    provisioned: {
      minCount,
      maxCount,
      group,
      partialFailures: settings.partialFailures !== 'off',
      bisect: settings.bisect !== 'off',
      retriesAtMost,
      recordAgeAtMostSec(topic) {
        if (onFailure === 'none' || topicSettings[topic].cleanupPolicy === 'compact') return undefined // a table's row stays until it is replaced
        return recordAgeAtMostSec ?? (topics === 'make' ? ageOf(topic) : undefined) // how long given topics keep records, only their owner knows
      },
    },
  }
}

const retentionSec = (topic: TopicKind) => topicSettings[topic].retentionMs / 1_000

const ageOf = (topic: TopicKind) => Math.min(mostAgeSec, retentionSec(topic) - aheadSec)

/** Of the topics whose records are deleted by their age; nothing reads `rejected` by a mapping, and its own is longer. */
const shortestRetentionSec = Math.min(
  ...(Object.keys(topicSettings) as TopicKind[]).filter(topic => topicSettings[topic].cleanupPolicy === 'delete').map(retentionSec),
)

const invalid = (message: string) => new MillraceError('SETTING_INVALID', message)
