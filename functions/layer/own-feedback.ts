import type { Pipeline } from '#models/pipeline-compiler.ts'
import { decodeFeedback } from '../decode.ts'
import type { KafkaRecord } from '../ports.ts'
import type { Feedback } from '../records.ts'

/** Feedback that a layer of this definition learns; else why it does not. */
export function decodeOwn(
  { definition, features }: Pick<Pipeline, 'definition' | 'features'>,
  record: Pick<KafkaRecord, 'value'>,
): Feedback | 'invalid' | 'ofOtherDefinitions' {
  const decoded = decodeFeedback(record)
  if (!decoded.ok) return 'invalid'
  const isOwn = decoded.value.definition === definition && decoded.value.features.length === features.length
  return isOwn ? decoded.value : 'ofOtherDefinitions'
}
