import type { FeatureValue } from '#models/pipeline-compiler.ts'
import { bytesAtMost, type Decoded } from '../decode.ts'

/** What a features record has beside its features is far smaller: an id, whose letters JSON may write in six bytes each, and its origin. */
const vectorBytesAtMost = bytesAtMost.features - 8_192

/** Bytes that JSON makes of a letter, at most; a number has less than four times as many. */
const bytesPerLetter = 6

/** Refuses a vector that is too large for what is made of it, as a text of a megabyte is; most are known to be small without being written. */
export function checkSize<Vector extends readonly FeatureValue[]>(features: Vector): Decoded<Vector> {
  const letterCount = features.reduce<number>((sum, feature) => sum + (typeof feature === 'string' ? feature.length + 1 : 5), 0)
  if (letterCount * bytesPerLetter <= vectorBytesAtMost) return { ok: true, value: features }
  const bytes = Buffer.byteLength(JSON.stringify(features))
  if (bytes <= vectorBytesAtMost) return { ok: true, value: features }
  const reason = `the features are ${bytes} bytes as JSON, at most ${vectorBytesAtMost}; shorten their texts`
  return { ok: false, code: 'FEATURES_FAILED', reason }
}
