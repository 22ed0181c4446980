import type { TopicSuffix } from '#models/topics.ts'
import type { HostileKind, HostileRecord } from './spec.ts'

type Extra = Partial<HostileRecord>
type Make = HostileKind['make']

/** A record with this value: JSON of it, or a text, bytes or nothing as they are. */
export function record(topic: TopicSuffix, value: unknown, extra: Extra = {}): HostileRecord {
  const content = typeof value === 'string' || Buffer.isBuffer(value) || value === null ? value : JSON.stringify(value)
  return { topic, key: 'k', value: content, ...extra }
}
export const event = (value: unknown, extra?: Extra) => record('events', value, extra)
export const label = (value: unknown, extra?: Extra) => record('labels', value, extra)

export const departedAtMs = Date.UTC(2001, 0, 3, 12)
const route = { origin: 'SEA', destination: 'SFO' }
const good = { departedAtMs, ...route, distanceMiles: 678 }
const landed = { landedAtMs: departedAtMs + 7_200_000, ...route, delayMinutes: 3 }

/** A valid flight but for what is told. */
export const flight = (at: number, changes: object = {}, extra?: Extra) => event({ flightId: `H${at}`, ...good, ...changes }, extra)

/** A valid flight in whose JSON one part stands otherwise. */
export function flightText(at: number, part: string, instead: string): HostileRecord {
  const text = JSON.stringify({ flightId: `H${at}`, ...good })
  if (!text.includes(part)) throw new Error(`${part} is not in ${text}`)
  return event(text.replace(part, () => instead))
}

/** A valid landing but for what is told. */
export const landing = (id: string, changes: object = {}, extra?: Extra) => label({ flightId: id, ...landed, ...changes }, extra)

const source = { topic: 'flights.nowhere', partition: 0, offset: 0 }
/** Records as our own steps write them, of an event that never was. */
export const ownFeatures = { id: 'x', atMs: departedAtMs, features: [], definition: 'd', source }
export const ownPrediction = { ...ownFeatures, score: 0.5, decision: 'none', model: 'm', arm: 'champion', shadows: [], scoredAtMs: 1 }
export const ownFeedback = { ...ownPrediction, target: 1, labelAtMs: 1, labelSource: source }

const endsAs =
  (ends: HostileKind['ends']) =>
  (make: Make, atMost?: number): HostileKind => ({ ends, make, ...(atMost && { atMost }) })

export const rejected = endsAs('rejected')
export const predicted = endsAs('predicted')
export const putAside = endsAs('putAside')
export const labelled = endsAs('labelled')
export const passedOver = endsAs('passedOver')
export const taken = endsAs('taken')

/** The name of something that every plain object has. */
export function prototypeName(at: number): string {
  const names = ['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty']
  return names[at % names.length]
}

export const letters = (count: number) => 'x'.repeat(count)
export const gzip = { codec: 'gzip' } as const
export const header = (name: string, value: Buffer | string | null) => ({ headers: [[name, value]] as const })

/** The headers of a rejection, of a record of topic `nowhere` unless told otherwise. */
export function rejectionHeaders(changes: Readonly<Record<string, string>> = {}): Pick<HostileRecord, 'headers'> {
  const about = { step: 'preprocess', code: 'EVENT_INVALID', reason: 'x', topic: source.topic, partition: '0', offset: '0', ...changes }
  return { headers: Object.entries(about).map(([name, value]) => [`millrace-${name}`, value] as const) }
}
