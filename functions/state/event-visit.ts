import type { Op } from '#models/windows/op.ts'
import type { Windows } from '#models/windows/windows.ts'

/** An event to be looked at with the windows as they were when it came. */
export interface EventVisit {
  readonly offset: number
  readonly op: Op
  /** The keys that it asks windows and joins for; only where not all are held in memory. */
  readonly keys: () => readonly string[]
  /**
   * Called in the order of offsets, with the windows of the moment before the event; may be called again, and then the last call counts.
   * `false` keeps the event out of the windows.
   */
  readonly visit: (windows: Windows, isLate: boolean) => boolean
}

/** The keys that any of these events asks for. */
export function keysOf(events: readonly EventVisit[]): string[] {
  return [...new Set(events.flatMap(({ keys }) => keys()))]
}
