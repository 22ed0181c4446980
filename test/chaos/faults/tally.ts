import { type FaultKind, faultKinds } from './plan.ts'

/** What one kind of fault came to. */
export interface FaultCounts {
  /** Faults that took place. */
  readonly injected: number
  /** Records of the batches that it hit, or that were delivered while it was on. */
  readonly records: number
  /** Invocations that failed under it, so that their records came again. */
  readonly retries: number
}

/** Counts faults by kind; one kind is on at a time. */
export interface FaultTally {
  /** The kind that is on. */
  readonly on: FaultKind | undefined
  /** How many have begun. */
  readonly incident: number
  begin(kind: FaultKind): void
  end(): void
  add(kind: FaultKind, counts: Partial<FaultCounts>): void
  read(): Readonly<Record<FaultKind, FaultCounts>>
}

export function makeFaultTally(): FaultTally {
  const kinds = Object.keys(faultKinds) as FaultKind[]
  const counts = Object.fromEntries(kinds.map(kind => [kind, { injected: 0, records: 0, retries: 0 }])) as Record<FaultKind, FaultCounts>
  let on: FaultKind | undefined
  let incident = 0
  return {
    get on() {
      return on
    },
    get incident() {
      return incident
    },
    begin(kind) {
      on = kind
      incident++
    },
    end() {
      on = undefined
    },
    add(kind, { injected = 0, records = 0, retries = 0 }) {
      const own = counts[kind]
      counts[kind] = { injected: own.injected + injected, records: own.records + records, retries: own.retries + retries }
    },
    read: () => ({ ...counts }),
  }
}
