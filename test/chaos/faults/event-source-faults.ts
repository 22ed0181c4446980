import { setTimeout as delay } from 'node:timers/promises'
import { makeRandom } from '#models/random.ts'
import type { Invoke } from '../../../localstack/event-source/invoke.ts'
import type { InvokeResult } from '../../../localstack/event-source/outcome.ts'

/**
 * What may befall one delivery. All of it happens on AWS: answers are lost, a poller that was thought dead is still at work, and a new
 * one begins at the last committed offset with batches cut elsewhere.
 *
 * - `refused`: the function is not run (throttled); the batch comes again.
 * - `unheard`: the function runs, its answer is lost; the batch comes again whole.
 * - `twice`: the function runs twice with the same batch; the second answer counts.
 * - `recut`: the function runs, its answer is lost; the records come again in batches cut elsewhere, the first after `recordCount`.
 * - `beside`: a second delivery of the batch starts `holdMs` later, beside its twin or beside later batches; nobody hears its answer.
 */
export type DeliveryFault =
  | { readonly kind: 'refused' | 'unheard' | 'twice' }
  | { readonly kind: 'recut'; readonly recordCount: number }
  | { readonly kind: 'beside'; readonly holdMs: number }

export type DeliveryFaultKind = DeliveryFault['kind']

/** Asked once for each delivery; undefined lets it pass. */
export type FaultPlan = (functionName: string, payload: Uint8Array) => DeliveryFault | undefined

/** `invoke` with faults, and what they came to. */
export interface FaultyInvoke {
  readonly invoke: Invoke
  /** Faults done so far, by kind. */
  counts(): Readonly<Record<DeliveryFaultKind, number>>
  /** Waits until every delivery that was held back has ended. */
  settle(): Promise<void>
}

/**
 * Wraps `invoke` so that deliveries go wrong as planned.
 *
 * @example
 * const faulty = withFaults(makeInvoke(makeDeliveryClient()), planFaults({ seed: 7, ratios: { twice: 0.02, beside: 0.02 } }))
 * const source = await startEventSource({ brokers, clusterArn, mappings, invoke: faulty.invoke })
 */
export function withFaults(invoke: Invoke, plan: FaultPlan): FaultyInvoke {
  const counts: Record<DeliveryFaultKind, number> = { refused: 0, unheard: 0, twice: 0, recut: 0, beside: 0 }
  const held = new Set<Promise<void>>()

  async function hold(functionName: string, payload: Uint8Array, holdMs: number): Promise<void> {
    await delay(holdMs)
    await invoke(functionName, payload).catch(() => {}) // nobody hears it
  }

  return {
    async invoke(functionName, payload): Promise<InvokeResult> {
      const fault = plan(functionName, payload)
      if (fault === undefined) return invoke(functionName, payload)
      counts[fault.kind]++
      switch (fault.kind) {
        case 'refused':
          return { ok: false, kind: 'service', error: 'fault: refused' }
        case 'unheard':
          await invoke(functionName, payload)
          return { ok: false, kind: 'service', error: 'fault: the answer was lost' }
        case 'twice':
          await invoke(functionName, payload)
          return invoke(functionName, payload)
        case 'recut':
          await invoke(functionName, payload)
          return { ok: false, kind: 'recut', error: 'fault: the records come again, cut elsewhere', recordCount: fault.recordCount }
        case 'beside': {
          const twin = hold(functionName, payload, fault.holdMs).finally(() => held.delete(twin))
          held.add(twin)
          return invoke(functionName, payload)
        }
        default:
          return fault satisfies never
      }
    },
    counts: () => ({ ...counts }),
    async settle() {
      while (held.size > 0) await Promise.allSettled(held)
    },
  }
}

export interface FaultPlanOptions {
  readonly seed: number
  /** The share of deliveries that each kind befalls, from 0 to 1, together at most 1. */
  readonly ratios: Readonly<Partial<Record<DeliveryFaultKind, number>>>
  /** A held-back delivery starts within this time; 500 ms if absent. */
  readonly holdAtMostMs?: number
  /** A cut elsewhere falls within this many records; 1,000 if absent. */
  readonly recutAtMost?: number
}

/** A plan that is the same for the same seed and order of deliveries. */
export function planFaults({ seed, ratios, holdAtMostMs = 500, recutAtMost = 1_000 }: FaultPlanOptions): FaultPlan {
  const random = makeRandom(seed)
  return () => {
    let rest = random()
    const size = random() // drawn in any case, so that one ratio does not shift the others
    for (const [kind, ratio] of Object.entries(ratios) as [DeliveryFaultKind, number][]) {
      rest -= ratio
      if (rest >= 0) continue
      if (kind === 'beside') return { kind, holdMs: Math.floor(size * holdAtMostMs) }
      if (kind === 'recut') return { kind, recordCount: 1 + Math.floor(size * recutAtMost) }
      return { kind }
    }
    return undefined
  }
}
