import { versionPattern } from '../bundles/version.ts'
import type { Prediction, Source } from '../records.ts'

/** A prediction to be counted, with its truth where that has come, and the event's or the label's place in Kafka, by which it is known again. */
export interface CountedRow {
  readonly prediction: Prediction
  readonly target?: 0 | 1
  readonly source: Source
}

/** Three models serve at most; each pair that scored a row has a duel. */
const shadowsAtMost = 8

/** Far more than topics have; a guard remembers each source partition by itself. */
const partitionsAtMost = 4_096

/** Whether a row can be counted: whatever else a record may say, keys and guards are made of these. */
export function isCountable({ prediction: { model, shadows }, source: { partition, offset } }: CountedRow): boolean {
  return (
    (model === null || versionPattern.test(model)) &&
    shadows.length <= shadowsAtMost &&
    shadows.every(shadow => versionPattern.test(shadow.model)) &&
    [partition, offset].every(number => Number.isSafeInteger(number) && number >= 0) &&
    partition < partitionsAtMost
  )
}
