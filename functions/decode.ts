import { z } from 'zod'
import { isTooDeep, levelsAtMost } from './nesting.ts'
import type { KafkaRecord } from './ports.ts'
import type { FeaturesRecord, Feedback, Prediction, RejectionCode } from './records.ts'

/** Why a record cannot go on. */
export interface Refusal {
  readonly ok: false
  readonly code: RejectionCode
  readonly reason: string
}

/** What a record's bytes turned out to be: a value, or the code and reason of its refusal. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | Refusal

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The JSON in a record's value.
 *
 * @example decodeJson({ ...record, value: Buffer.from('{"a":1}') }) // { ok: true, value: { a: 1 } }
 */
export function decodeJson({ value }: Pick<KafkaRecord, 'value'>): Decoded<unknown> {
  if (value === null) return { ok: false, code: 'VALUE_MISSING', reason: 'the record has no value (a tombstone)' }
  if (isTooDeep(value)) return { ok: false, code: 'VALUE_NOT_JSON', reason: `the value is nested more than ${levelsAtMost} levels deep` }
  try {
    return { ok: true, value: JSON.parse(utf8.decode(value)) }
  } catch (error) {
    return { ok: false, code: 'VALUE_NOT_JSON', reason: `the value is not JSON in UTF-8: ${(error as Error).message}` }
  }
}

/**
 * Bytes of a value in each of our own formats, at most. What preprocess makes is bounded, and so is all that is made of it: it fits into a
 * topic (1 MiB), into an item of DynamoDB (400 kB), and into a function's payload many times.
 */
export const bytesAtMost = { features: 262_144, predictions: 294_912, feedback: 327_680 } as const

/** Bytes of an id in UTF-8, at most: half of what DynamoDB takes as a key. */
const idBytesAtMost = 1_024

const id = z
  .string()
  .min(1)
  .refine(text => text.isWellFormed() && Buffer.byteLength(text) <= idBytesAtMost, `must be Unicode of at most ${idBytesAtMost} bytes`)
const offset = z.int().min(0)
const source = z.object({ topic: z.string().regex(/^[\w.-]{1,249}$/), partition: offset, offset })
const version = z.string().regex(/^[\w.-]{1,128}$/)
/** A number that DynamoDB holds too. */
const number = z.number().refine(value => value === 0 || (Math.abs(value) > 1e-130 && Math.abs(value) < 1e125), 'must be within 1e125')

const featuresFields = {
  id,
  atMs: number,
  features: z.array(z.union([z.number(), z.string(), z.null()])),
  definition: z.string(),
  source,
}
const predictionFields = {
  ...featuresFields,
  score: number.nullable(),
  decision: z.enum(['none', 'positive', 'notify']).nullable(),
  model: version.nullable(),
  arm: z.enum(['champion', 'challenger']),
  shadows: z.array(z.object({ model: version, score: number })).max(2), // of champion, shadow and challenger one counts
  scoredAtMs: number,
  layer: z.object({ version: offset, score: number, trace: z.string().max(4_096) }).optional(),
}

const prediction = z.object(predictionFields)
const feedback = z.object({
  ...predictionFields,
  target: z.union([z.literal(0), z.literal(1)]),
  labelAtMs: number,
  labelSource: source,
})

export const decodeFeatures: (record: Pick<KafkaRecord, 'value'>) => Decoded<FeaturesRecord> = makeDecoder(
  z.object(featuresFields),
  'features',
)
export const decodePrediction: (record: Pick<KafkaRecord, 'value'>) => Decoded<Prediction> = makeDecoder(prediction, 'predictions')
export const decodeFeedback: (record: Pick<KafkaRecord, 'value'>) => Decoded<Feedback> = makeDecoder(feedback, 'feedback')

/** A decoder of one of our own record formats, for a topic that somebody else may have written to. */
function makeDecoder<T>(schema: z.ZodType<T>, format: keyof typeof bytesAtMost): (record: Pick<KafkaRecord, 'value'>) => Decoded<T> {
  return record => {
    const bytes = record.value?.byteLength ?? 0
    if (bytes > bytesAtMost[format]) {
      return { ok: false, code: 'RECORD_INVALID', reason: `the value must be at most ${bytesAtMost[format]} bytes, got ${bytes}` }
    }
    const json = decodeJson(record)
    if (!json.ok) return json
    const parsed = schema.safeParse(json.value)
    if (parsed.success) return { ok: true, value: parsed.data }
    const [issue] = parsed.error.issues
    return { ok: false, code: 'RECORD_INVALID', reason: `${issue.path.join('.') || 'value'} ${issue.message}` }
  }
}
