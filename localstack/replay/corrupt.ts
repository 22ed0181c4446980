import type { RecordStream, StreamRecord } from './merge.ts'

type Event = Readonly<Record<string, unknown>>

/** A way to break an event, and the field that the refusal must name (`value` where it is the whole record). */
interface Breakage {
  readonly field: string
  readonly toValue: (event: Event) => Buffer | string | null
}

const withField = (field: string, content: unknown): Breakage => ({
  field,
  toValue: event => JSON.stringify({ ...event, [field]: content }),
})
const without = (field: string): Breakage => ({ field, toValue: event => JSON.stringify({ ...event, [field]: undefined }) })
const instead = (text: string): Breakage => ({ field: 'value', toValue: () => text })

/** Every way in which an event of the flights can be broken; preprocess refuses each. */
export const breakages = {
  notJson: { field: 'value', toValue: event => JSON.stringify(event).slice(0, -9) },
  notUtf8: { field: 'value', toValue: event => Buffer.from(JSON.stringify({ ...event, origin: 'MÜC' }), 'latin1') },
  tombstone: { field: 'value', toValue: () => null },
  emptyValue: instead(''),
  emptyObject: { field: 'flightId', toValue: () => '{}' },
  array: { field: 'value', toValue: event => JSON.stringify([event]) },
  bareNumber: instead('42'),
  bareText: instead('"F0000000"'),
  bareNull: instead('null'),
  textForNumber: { field: 'distanceMiles', toValue: event => JSON.stringify({ ...event, distanceMiles: String(event.distanceMiles) }) },
  textForTime: withField('departedAtMs', '2001-01-01T00:01:00Z'),
  numberForText: withField('origin', 7),
  objectForText: withField('destination', { code: 'JFK' }),
  missingId: without('flightId'),
  missingTime: without('departedAtMs'),
  missingDistance: without('distanceMiles'),
  nullId: withField('flightId', null),
  nullOrigin: withField('origin', null),
  emptyOrigin: withField('origin', ''),
  tooLargeNumber: {
    field: 'distanceMiles',
    toValue: event => JSON.stringify({ ...event, distanceMiles: 0 }).replace('"distanceMiles":0', '"distanceMiles":1e400'),
  },
  negativeDistance: withField('distanceMiles', -1),
  negativeTime: withField('departedAtMs', -62_135_596_800_000), // year 1
  yearFiveThousand: withField('departedAtMs', 99_999_999_999_000), // 5138: seconds taken for milliseconds, times a thousand
  fractionOfTime: withField('departedAtMs', 978_307_260_000.5),
  longText: withField('destination', 'x'.repeat(900_000)),
} satisfies Record<string, Breakage>

const commonNames = Object.keys(breakages).filter(name => name !== 'longText') as (keyof typeof breakages)[]
/** A megabyte is rare: at 1 % broken records of 60,000 flights, a handful. */
const longTextRatio = 0.01

/**
 * Mixes broken copies of events into the stream, `ratio` of them for each event, each right after the one it was made from.
 *
 * The stream's own records stay whole and in their order. The same seed breaks the same events in the same way.
 *
 * @example corrupt(merge(readFlights(60_000)), { ratio: 0.01, seed: 7 })
 */
export async function* corrupt(
  stream: RecordStream,
  { ratio, seed }: { readonly ratio: number; readonly seed: number },
): AsyncGenerator<StreamRecord> {
  const random = seededRandom(seed)
  for await (const record of stream) {
    yield record
    if (record.kind !== 'event' || random() >= ratio) continue
    const name = random() < longTextRatio ? 'longText' : commonNames[Math.floor(random() * commonNames.length)]
    yield { ...record, kind: 'broken', value: breakages[name].toValue(JSON.parse(String(record.value))) }
  }
}

/** Numbers from 0 to 1 that a seed repeats: mulberry32 (Tommy Ettinger, public domain). */
function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
