import { z } from 'zod'
import type { KafkaRecord } from './ports.ts'
import type { Feedback, Prediction, RejectionCode } from './records.ts'

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
  try {
    return { ok: true, value: JSON.parse(utf8.decode(value)) }
  } catch (error) {
    return { ok: false, code: 'VALUE_NOT_JSON', reason: `the value is not JSON in UTF-8: ${(error as Error).message}` }
  }
}

const source = z.object({ topic: z.string(), partition: z.number(), offset: z.number() })
const featuresFields = {
  id: z.string(),
  atMs: z.number(),
  features: z.array(z.union([z.number(), z.string(), z.null()])),
  definition: z.string(),
  source,
}
const predictionFields = {
  ...featuresFields,
  score: z.number().nullable(),
  decision: z.enum(['none', 'positive', 'notify']).nullable(),
  model: z.string().nullable(),
  arm: z.enum(['champion', 'challenger']),
  shadows: z.array(z.object({ model: z.string(), score: z.number() })).default([]), // records of before there were any
  scoredAtMs: z.number(),
}

const prediction = z.object(predictionFields)
const feedback = z.object({
  ...predictionFields,
  target: z.union([z.literal(0), z.literal(1)]),
  labelAtMs: z.number(),
  labelSource: source,
})

export const decodeFeatures = makeDecoder(z.object(featuresFields))
export const decodePrediction: (record: Pick<KafkaRecord, 'value'>) => Decoded<Prediction> = makeDecoder(prediction)
export const decodeFeedback: (record: Pick<KafkaRecord, 'value'>) => Decoded<Feedback> = makeDecoder(feedback)

/** A decoder of one of our own record formats, for a topic that somebody else may have written to. */
function makeDecoder<T>(schema: z.ZodType<T>): (record: Pick<KafkaRecord, 'value'>) => Decoded<T> {
  return record => {
    const json = decodeJson(record)
    if (!json.ok) return json
    const parsed = schema.safeParse(json.value)
    if (parsed.success) return { ok: true, value: parsed.data }
    const [issue] = parsed.error.issues
    return { ok: false, code: 'RECORD_INVALID', reason: `${issue.path.join('.') || 'value'} ${issue.message}` }
  }
}
