import type { WindowPlan } from '#models/windows/window-plan.ts'
import type { StateStore } from '../ports.ts'
import { fromBody, toBody } from './entry.ts'

/** A partition that has a log, registered before its first entry. */
export interface Registration {
  readonly source: string
  /** The event time of its first record that was counted; null of a table, which has no clock. */
  readonly fromMs: number | null
  readonly registeredAtMs: number
}

/** A run of `millrace rebuild`, at its beginning or at its end. */
export interface Rebuild {
  readonly isDone: boolean
  /** The event time from which on windows are whole; null: they always were. */
  readonly wholeFromMs: number | null
}

/**
 * Since when windows hold all that they reach back to.
 *
 * `none`: nothing has been counted yet; `warming`: the state began empty, and an event of `wholeFromMs` or later sees whole windows;
 * `unfinished`: a rebuild began and did not end; `rebuilt`: it did, and the archive reached back far enough, or to `wholeFromMs`; `lost`: the
 * newest snapshot cannot be used.
 */
export interface Wholeness {
  readonly kind: 'none' | 'warming' | 'unfinished' | 'rebuilt' | 'lost'
  readonly wholeFromMs: number | null
}

/** Partitions that are first heard of within this time after the first one began with it; later ones had been silent, and miss nothing. */
const beginningMs = 15 * 60_000

/** The partitions that have a log, after the first `known` of them. */
export async function readRegistrations(store: StateStore, log: string, known: number): Promise<Registration[]> {
  return (await store.readAfter(log, known)).map(({ body }) => fromBody<Registration>(body))
}

export async function readSources(store: StateStore, log: string, known: number): Promise<string[]> {
  return (await readRegistrations(store, log, known)).map(({ source }) => source)
}

export async function readRebuild(store: StateStore, log: string): Promise<Rebuild | undefined> {
  const item = await store.readLast(log)
  return item && fromBody<Rebuild>(item.body)
}

export async function writeRebuild(store: StateStore, log: string, rebuild: Rebuild): Promise<void> {
  const number = ((await store.readLast(log))?.number ?? 0) + 1
  await store.append({ log, number, body: toBody(rebuild), expiresAtSec: 0 })
}

export function toWholeness({ retainMs }: WindowPlan, registrations: readonly Registration[], rebuild: Rebuild | undefined): Wholeness {
  if (rebuild) return { kind: rebuild.isDone ? 'rebuilt' : 'unfinished', wholeFromMs: rebuild.isDone ? rebuild.wholeFromMs : null }
  const [first] = registrations
  if (!first) return { kind: 'none', wholeFromMs: null }
  const begins = registrations.flatMap(({ fromMs, registeredAtMs }) => {
    return fromMs !== null && registeredAtMs <= first.registeredAtMs + beginningMs ? [fromMs] : []
  })
  return { kind: 'warming', wholeFromMs: begins.length > 0 ? Math.max(...begins) + retainMs : null }
}
