import { setTimeout as sleep } from 'node:timers/promises'
import { type DeliveryFault, type FaultyInvoke, withFaults } from '../../event-source/faults.ts'
import type { Invoke } from '../../event-source/invoke.ts'
import type { FaultKind } from './plan.ts'
import type { FaultTally } from './tally.ts'

/** The share of the deliveries that is hit while a fault of deliveries is on. */
const hitRatio = 0.3
const holdAtMostMs = 3_000
const killWithinMs = 150
const recutAtMost = 700

/** Which functions a kind of fault concerns, where it does not concern all. */
const concerned: Partial<Readonly<Record<FaultKind, RegExp>>> = {
  diskFull: /Archive/,
  throttled: /Preprocess|Deliver|Join|Evaluate/,
}

/** Stands between the event source and the functions: does what the fault that is on asks for, and counts records and retries under it. */
export function makeDeliveryFaults(
  invoke: Invoke,
  tally: FaultTally,
  { kill, random }: { readonly kill: (functionName: string) => number; readonly random: () => number },
): FaultyInvoke {
  const killing: Invoke = async (functionName, payload) => {
    if (tally.on !== 'killed' || random() >= hitRatio) return invoke(functionName, payload)
    const ended = new AbortController()
    const killed = sleep(random() * killWithinMs, undefined, { signal: ended.signal }).then(
      () => kill(functionName),
      () => 0, // the function was quicker
    )
    const result = await invoke(functionName, payload)
    ended.abort()
    // a process that was killed after its answer, or was another mapping's, hit nothing here
    if ((await killed) > 0 && !result.ok) tally.add('killed', { injected: 1, records: countRecords(payload), retries: 1 })
    return result
  }

  const plan = (): DeliveryFault | undefined => {
    const { on } = tally
    if (on !== 'twice' && on !== 'recut' && on !== 'beside') return undefined
    if (random() >= hitRatio) return undefined
    if (on === 'twice') return { kind: on }
    if (on === 'recut') return { kind: on, recordCount: 1 + Math.floor(random() * recutAtMost) }
    return { kind: on, holdMs: Math.floor(random() * holdAtMostMs) }
  }
  const faulty = withFaults(killing, plan)
  const hits = (kind: 'twice' | 'recut' | 'beside') => faulty.counts()[kind]

  return {
    ...faulty,
    async invoke(functionName, payload) {
      const { on } = tally
      switch (on) {
        case undefined:
        case 'killed':
          return faulty.invoke(functionName, payload)
        case 'twice':
        case 'recut':
        case 'beside': {
          const before = hits(on)
          const answer = faulty.invoke(functionName, payload) // counts before it waits
          const isHit = hits(on) > before
          if (isHit) tally.add(on, { injected: 1, records: countRecords(payload), retries: on === 'recut' ? 1 : 0 })
          return answer
        }
        default: {
          const result = await faulty.invoke(functionName, payload)
          if (!(concerned[on] ?? /./).test(functionName)) return result
          tally.add(on, { records: on === 'clocks' ? 0 : countRecords(payload), retries: result.ok ? 0 : 1 })
          return result
        }
      }
    },
  }
}

const mark = Buffer.from('"offset":')

/** Records of a payload, by a name that each has once: their values are in base64, so it stands nowhere else. */
export function countRecords(payload: Uint8Array): number {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  let count = 0
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + mark.length)) count++
  return count
}
