import type { Mapping } from './mappings.ts'

/** What a mapping has done since the start. A record counts once, when it succeeded; its failures count each time. */
export interface MappingStatus {
  readonly functionName: string
  readonly topic: string
  readonly groupId: string
  /** Records that succeeded. */
  records: number
  /** Batches that were settled, whole or given up. */
  batches: number
  invocations: number
  /** Invocations that repeated an earlier one. */
  retries: number
  /** Records that came back, each time. */
  failedItems: number
  /** Records given up: too large, too old, or out of retries. */
  discarded: number
  /** Records that the mapping's filters left out. */
  filtered: number
  /** Starts of its consumer after the first: each time it had crashed, and what it had read and not committed comes again. */
  restarts: number
  /** Invocations that run now. */
  inFlight: number
  /** Records read and not yet cut into a batch. */
  queued: number
  lastError: string | undefined
}

/** Something worth a line in a log. */
export interface Report {
  readonly level: 'info' | 'warn' | 'error'
  readonly functionName: string
  readonly message: string
}

export function makeStatus({ functionName, topic, groupId }: Mapping): MappingStatus {
  return {
    functionName,
    topic,
    groupId,
    records: 0,
    batches: 0,
    invocations: 0,
    retries: 0,
    failedItems: 0,
    discarded: 0,
    filtered: 0,
    restarts: 0,
    inFlight: 0,
    queued: 0,
    lastError: undefined,
  }
}
