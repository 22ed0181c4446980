import { hourMs } from '../archived/hours.ts'
import { dayKey, manifestKey } from '../archived/keys.ts'
import type { Manifest } from '../archived/manifest.ts'
import { type CleanPorts, cleanHour, findReplaced } from './clean-hour.ts'
import { type ClosePorts, closeHour, findFresh } from './close-hour.ts'
import { type SettledHour, toDayStart, writeDays } from './days.ts'
import { findHours, type TopicHours } from './find-hours.ts'
import { type Hour, isCut, isDue, missingOf, readHour } from './hour.ts'
import type { CompactTimes } from './times.ts'

export interface CompactPorts extends ClosePorts, CleanPorts {
  /** The topics that are archived. */
  readonly topics: readonly string[]
  readonly times: CompactTimes
  /** Milliseconds of a clock that never steps. */
  readonly clockMs: () => number
  /** Says what went wrong with one hour, while the others go on. */
  readonly onFailure: (topic: string, hourStartMs: number, error: unknown) => void
}

/** What a run did. */
export interface CompactOutcome {
  /** Hours written for the first time, and again for what came late or because their manifest was cut. */
  closedHours: number
  reclosedHours: number
  mendedHours: number
  /** Hours that another run was quicker with. */
  lostRaces: number
  /** Hours from which something was removed, and the objects. */
  cleanedHours: number
  removedObjects: number
  readObjects: number
  writtenObjects: number
  writtenRows: number
  /** Rows that were in more than one object. */
  repeatedRows: number
  /** Objects that are no Parquet, and stay where they are. */
  refusedObjects: number
  /** Objects that a manifest names and that are gone. */
  missingObjects: number
  closedDays: number
  /** Hours that wait for the next run, and those of them that should have been closed long ago. */
  leftHours: number
  behindHours: number
  failedHours: number
}

const nothing: CompactOutcome = {
  closedHours: 0,
  reclosedHours: 0,
  mendedHours: 0,
  lostRaces: 0,
  cleanedHours: 0,
  removedObjects: 0,
  readObjects: 0,
  writtenObjects: 0,
  writtenRows: 0,
  repeatedRows: 0,
  refusedObjects: 0,
  missingObjects: 0,
  closedDays: 0,
  leftHours: 0,
  behindHours: 0,
  failedHours: 0,
}

interface Run {
  readonly ports: CompactPorts
  readonly counts: CompactOutcome
  /** Whether another hour may be begun. */
  hasTime(): boolean
}

/**
 * Closes what is over of each topic and removes what that has replaced, the oldest hours first.
 *
 * An hour that fails does not keep the others from being closed; it is tried again at the next run.
 */
export function makeCompact(ports: CompactPorts): () => Promise<CompactOutcome> {
  return async () => {
    const { topics, store, times, nowMs, clockMs } = ports
    const begunMs = clockMs()
    const run: Run = { ports, counts: { ...nothing }, hasTime: () => clockMs() - begunMs < times.budgetMs }
    const found = await Promise.all(topics.map(topic => findHours(store, topic)))
    const settled = new Map(found.map(({ topic }) => [topic, [] as SettledHour[]]))
    const work = found.flatMap(topicHours => [...topicHours.hours].map(([hourStartMs, small]) => ({ topicHours, hourStartMs, small })))
    for (const { topicHours, hourStartMs, small } of work.sort((a, b) => a.hourStartMs - b.hourStartMs)) {
      const { topic } = topicHours
      const place = { topic, hourStartMs, small }
      settled
        .get(topic)!
        .push({ hourStartMs, settled: run.hasTime() ? await tryHour(run, topicHours, place) : leaveHour(run, topicHours, place) })
    }
    for (const { topic, days } of found) {
      const hours = settled.get(topic)!
      run.counts.closedDays += await writeDays(store, { topic, hours, days }, { nowMs: nowMs(), times })
    }
    return run.counts
  }
}

/** Counts an hour that there is no time to look at. */
function leaveHour({ ports, counts }: Run, { closed }: TopicHours, { hourStartMs, small }: Pick<Hour, 'hourStartMs' | 'small'>): undefined {
  const { times, nowMs } = ports
  const isClosed = closed.has(hourStartMs)
  if (small.length > 0 && isDue({ hourStartMs }, nowMs(), times)) counts.leftHours++
  if (small.length > 0 && !isClosed && isBehind(hourStartMs, ports)) counts.behindHours++
}

const isBehind = (hourStartMs: number, { nowMs, times }: Pick<CompactPorts, 'nowMs' | 'times'>) =>
  hourStartMs + hourMs + times.behindMs <= nowMs()

async function tryHour(
  run: Run,
  topicHours: TopicHours,
  place: Pick<Hour, 'topic' | 'hourStartMs' | 'small'>,
): Promise<Manifest | undefined> {
  try {
    return await visitHour(run, topicHours, await readHour(run.ports.store, place))
  } catch (error) {
    run.counts.failedHours++
    run.ports.onFailure(place.topic, place.hourStartMs, error)
    return undefined
  }
}

/** Closes an hour or cleans it, never both in one run; gives its manifest where neither is to be done. */
async function visitHour(run: Run, { days }: TopicHours, hour: Hour): Promise<Manifest | undefined> {
  const { ports, counts } = run
  const { store, times, nowMs } = ports
  const openDay = async () => {
    const day = toDayStart(hour.hourStartMs)
    if (days.delete(day)) await store.remove([dayKey(hour.topic, day)])
  }
  const missing = missingOf(hour)
  counts.missingObjects += missing.length
  if (missing.length > 0) throw new Error(`${missing[0]} is named by its hour and is gone; restore it from the bucket's versions`)

  if (isCut(hour) && hour.compacted.length + hour.small.length === 0) {
    throw new Error(
      `${manifestKey(hour.topic, hour.hourStartMs)} is cut and nothing of its hour is there; restore both from the bucket's versions`,
    )
  }
  const fresh = await findFresh(ports, hour)
  if (fresh.length > 0 || isCut(hour)) {
    const isOpen = !isDue(hour, nowMs(), times)
    if (!isOpen && run.hasTime()) {
      await openDay()
      await close(run, hour, fresh)
    } else {
      if (!isOpen) counts.leftHours++
      if (!hour.manifest && isBehind(hour.hourStartMs, ports)) counts.behindHours++
    }
    return undefined
  }
  const replaced = findReplaced(hour, nowMs(), times)
  if (!replaced) return hour.manifest?.inputs.length === 0 ? hour.manifest : undefined
  if (!run.hasTime()) return undefined
  await openDay()
  await cleanHour(ports, hour, replaced)
  counts.cleanedHours++
  counts.removedObjects += replaced.small.length + replaced.compacted.length
  return undefined
}

async function close({ ports, counts }: Run, hour: Hour, fresh: readonly string[]): Promise<void> {
  const closing = await closeHour(ports, hour, fresh)
  if (!closing.won) {
    counts.lostRaces++
    return
  }
  const { manifest, repeatCount, refusedCount } = closing
  if (isCut(hour)) counts.mendedHours++
  else if (hour.manifest) counts.reclosedHours++
  else counts.closedHours++
  counts.readObjects += fresh.length
  counts.writtenObjects += manifest.objects.length
  counts.writtenRows += manifest.objects.reduce((sum, { rowCount }) => sum + rowCount, 0)
  counts.repeatedRows += repeatCount
  counts.refusedObjects += refusedCount
}
