import { checkPositive, refuse } from '../refuse.ts'
import { type Lateness, stats, type UntypedAggregate } from './aggregate.ts'
import type { CheckedAggregate } from './plan.ts'

/** At most this many buckets in a window: some stats look at each. */
const bucketsAtMost = 1_000
const hourMs = 3_600_000

/**
 * Checks the aggregates of a definition and says every setting that was left out.
 *
 * @throws MillraceError DEFINITION_INVALID
 */
export function checkAggregates(
  aggregates: Readonly<Record<string, UntypedAggregate>>,
  sources: readonly string[],
): Readonly<Record<string, CheckedAggregate>> {
  return Object.fromEntries(Object.entries(aggregates).map(([name, aggregate]) => [name, checkAggregate(name, aggregate, sources)]))
}

function checkAggregate(name: string, aggregate: UntypedAggregate, sources: readonly string[]): CheckedAggregate {
  const part = `aggregates.${name}`
  if (!/^[A-Za-z][A-Za-z0-9]{0,62}$/.test(name)) refuse(part, 'be named with 1 to 63 letters and digits and begin with a letter', name)
  const { over, by, value, stat, windowMs, bucketMs = windowMs / 12, window = 'sliding', resolution = 0.001 } = aggregate
  const { read = over === 'events' ? by : undefined, gapMs = 0, halfLifeMs = windowMs / 3 } = aggregate
  if (!sources.includes(over)) refuse(`${part}.over`, `be one of ${sources.join(', ')}`, over)
  if (!stats.includes(stat)) refuse(`${part}.stat`, `be one of ${stats.join(', ')}`, stat)
  if (typeof by !== 'function') refuse(`${part}.by`, 'be a function of the record', by)
  if (typeof read !== 'function') refuse(`${part}.read`, 'be a function of the event', read)
  if (value === undefined ? stat !== 'count' && stat !== 'rate' : typeof value !== 'function') {
    refuse(`${part}.value`, 'be a function of the record', value)
  }
  checkPositive(`${part}.windowMs`, windowMs)
  checkPositive(`${part}.bucketMs`, bucketMs)
  checkPositive(`${part}.halfLifeMs`, halfLifeMs)
  checkPositive(`${part}.resolution`, resolution)
  if (!Number.isInteger(windowMs / bucketMs) || windowMs / bucketMs > bucketsAtMost) {
    refuse(`${part}.bucketMs`, `divide windowMs ${windowMs} into 1 to ${bucketsAtMost} whole buckets`, bucketMs)
  }
  if (!['sliding', 'tumbling', 'session'].includes(window)) refuse(`${part}.window`, 'be one of sliding, tumbling, session', window)
  if (window === 'session' ? !(gapMs >= bucketMs) : gapMs !== 0) {
    refuse(`${part}.gapMs`, 'be at least bucketMs for a session, and absent for other windows', gapMs)
  }
  return {
    over,
    by,
    read,
    stat,
    windowMs,
    bucketMs,
    window,
    gapMs,
    halfLifeMs,
    resolution,
    ...(value ? { value } : {}),
  } as CheckedAggregate
}

/** @throws MillraceError DEFINITION_INVALID */
export function checkLateness(lateness: Lateness = { allowedMs: hourMs, later: 'drop' }): Lateness {
  const { allowedMs, later } = lateness
  if (!(allowedMs >= 0 && Number.isFinite(allowedMs))) refuse('lateness.allowedMs', 'be a number of at least 0', allowedMs)
  if (!['drop', 'amend', 'reject'].includes(later)) refuse('lateness.later', 'be one of drop, amend, reject', later)
  return { allowedMs, later }
}
