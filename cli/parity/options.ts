import type { Span } from '#functions/archived/hours.ts'
import type { ObjectStore, StateStore } from '#functions/ports.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'

/** What an event is taken to have known: what the state's log says that it saw, or what event time says. */
export type Knowledge = 'exact' | 'event-time'

export interface ParityPorts {
  readonly pipeline: Pipeline
  readonly archive: Pick<ObjectStore, 'get' | 'list'>
  /** The state table; only `exact` reads it, and only where the definition has aggregates. */
  readonly state?: StateStore
}

export interface ParityOptions extends Span {
  readonly knowledge: Knowledge
  /** Share of the events that are compared, from 0 to 1. */
  readonly sampleRatio: number
  /** Numbers no further apart than this count as the same. */
  readonly tolerance: number
  /** For `event-time`: how long before a prediction a record may have arrived and not been counted yet. */
  readonly lagMs: number
  /** How long before the span records are read that windows may still hold; absent, as far as they reach and an hour more. */
  readonly historyMs?: number
  readonly onProgress?: (compared: number, total: number) => void
  readonly signal?: AbortSignal
}
