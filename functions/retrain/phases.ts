import type { Phase } from './report.ts'

/** The phases of a run, each ended by name: how long it took, and the memory at its end. */
export interface Phases {
  readonly ended: readonly Phase[]
  end(name: string): void
}

export function makePhases(clockMs: () => number, residentBytes: () => number): Phases {
  const ended: Phase[] = []
  let startedMs = clockMs()
  return {
    ended,
    end(name: string): void {
      ended.push({ name, ms: clockMs() - startedMs, residentBytes: residentBytes() })
      startedMs = clockMs()
    },
  }
}
