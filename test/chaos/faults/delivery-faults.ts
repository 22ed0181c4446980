import { setTimeout as sleep } from 'node:timers/promises'
import type { Invoke } from '../../../localstack/event-source/invoke.ts'
import { type DeliveryFault, type FaultyInvoke, withFaults } from './event-source-faults.ts'
import type { FaultKind } from './plan.ts'
import type { FaultTally } from './tally.ts'

/** Of the deliveries while a fault of deliveries is on: the first of every function and topic is hit, and this share of the others. */
const hitRatio = 0.2
const holdAtMostMs = 3_000
const killWithinMs = 150
/** A function whose every start is killed ends no batch, and where starts take seconds the stream would stand still for as long as the fault is on. */
const killsAtMost = 4
const recutAtMost = 700

/** Which functions a kind of fault concerns, where it does not concern all. */
const concerned: Partial<Readonly<Record<FaultKind, RegExp>>> = {
  diskFull: /Archive/,
  throttled: /Preprocess|Deliver|Join|Evaluate/,
}

/** Deliveries gone wrong, and what is under way. */
export interface DeliveryFaults extends FaultyInvoke {
  /** Records of the invocations that run now. */
  recordsInFlight(): number
}

/** Stands between the event source and the functions: does what the fault that is on asks for, and counts records and retries under it. */
export function makeDeliveryFaults(
  invoke: Invoke,
  tally: FaultTally,
  { kill, random }: { readonly kill: (functionName: string) => number; readonly random: () => number },
): DeliveryFaults {
  let hitInIncident = new Set<string>()
  let killsOf = new Map<string, number>()
  let incident = -1
  const isHit = (mapping: string) => {
    if (incident !== tally.incident) {
      hitInIncident = new Set()
      killsOf = new Map()
    }
    incident = tally.incident
    const isFirst = !hitInIncident.has(mapping)
    hitInIncident.add(mapping)
    return random() < hitRatio || isFirst
  }

  const killing: Invoke = async (functionName, payload) => {
    const mapping = toMapping(functionName, payload)
    if (tally.on !== 'killed' || !isHit(mapping) || (killsOf.get(functionName) ?? 0) >= killsAtMost) return invoke(functionName, payload)
    const ended = new AbortController()
    const killed = sleep(random() * killWithinMs, undefined, { signal: ended.signal }).then(
      () => kill(functionName),
      () => 0, // the function was quicker
    )
    const result = await invoke(functionName, payload)
    ended.abort()
    if ((await killed) > 0) killsOf.set(functionName, (killsOf.get(functionName) ?? 0) + 1)
    // a process that was killed after its answer, or was another mapping's, hit nothing here
    if ((await killed) > 0 && !result.ok) tally.add('killed', { injected: 1, records: countRecords(payload), retries: 1 })
    else hitInIncident.delete(mapping)
    return result
  }

  const plan = (functionName: string, payload: Uint8Array): DeliveryFault | undefined => {
    const { on } = tally
    if (on !== 'twice' && on !== 'recut' && on !== 'beside') return undefined
    if (!isHit(toMapping(functionName, payload))) return undefined
    if (on === 'twice') return { kind: on }
    if (on === 'recut') return { kind: on, recordCount: 1 + Math.floor(random() * recutAtMost) }
    return { kind: on, holdMs: Math.floor(random() * holdAtMostMs) }
  }
  const faulty = withFaults(killing, plan)
  const hits = (kind: 'twice' | 'recut' | 'beside') => faulty.counts()[kind]

  const payloads = new Set<Uint8Array>()
  const counted: Invoke = async (functionName, payload) => {
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
        if (hits(on) > before) tally.add(on, { injected: 1, records: countRecords(payload), retries: on === 'recut' ? 1 : 0 })
        return answer
      }
      default: {
        const result = await faulty.invoke(functionName, payload)
        if (!(concerned[on] ?? /./).test(functionName)) return result
        tally.add(on, { records: on === 'clocks' ? 0 : countRecords(payload), retries: result.ok ? 0 : 1 })
        return result
      }
    }
  }

  return {
    ...faulty,
    async invoke(functionName, payload) {
      payloads.add(payload)
      try {
        return await counted(functionName, payload)
      } finally {
        payloads.delete(payload)
      }
    },
    recordsInFlight: () => [...payloads].reduce((sum, payload) => sum + countRecords(payload), 0),
  }
}

/** The function and the topic of its batch, which stands in the payload's head: `"records":{"topic-partition":[`. */
function toMapping(functionName: string, payload: Uint8Array): string {
  const head = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.byteLength, 2_000)).toString('latin1')
  return `${functionName} ${head.match(/"records":\{"([^"]+)-\d+":/)?.[1] ?? ''}`
}

const mark = Buffer.from('"offset":')

/** Records of a payload, by a name that each has once: their values are in base64, so it stands nowhere else. */
export function countRecords(payload: Uint8Array): number {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  let count = 0
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + mark.length)) count++
  return count
}
