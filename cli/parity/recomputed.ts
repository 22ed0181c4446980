import { toVector, type WindowReader } from '#functions/features/to-features.ts'
import type { FeatureMaker, FeatureValue, Payload } from '#models/pipeline-compiler.ts'
import type { HistoryRecord, PartitionHistory } from './history.ts'

/** What became of an event whose features were to be made again. */
export type Recomputed = { readonly partition: number; readonly offset: number } & (
  | {
      readonly outcome: 'made'
      readonly features: readonly FeatureValue[]
      /** Places of the features that hang on records which may not have been there when the prediction was made. */
      readonly doubtful?: (madeAtMs: number) => ReadonlySet<number>
    }
  /** The definition refuses the event now. */
  | { readonly outcome: 'refused' }
  /** What the event had seen is no longer in the state table. */
  | { readonly outcome: 'forgotten' }
  /** The event had seen records that the archive does not hold. */
  | { readonly outcome: 'notArchived' }
)

/** A record whose features are wanted. */
export type WantedRecord = HistoryRecord & { readonly event: Payload }

export function isWanted(record: HistoryRecord): record is WantedRecord {
  return record.event !== undefined
}

/** Makes the features of an event; it is refused where a function of the definition throws, and where it is late or a repeat and so rejected. */
export function toRecomputed(
  pipeline: Pick<FeatureMaker, 'toFeatures'>,
  { partition }: Pick<PartitionHistory, 'partition'>,
  { offset, event, refusal }: WantedRecord,
  windows: WindowReader,
): Recomputed {
  const made = refusal ?? toVector(pipeline, event, windows)
  return made.ok ? { partition, offset, outcome: 'made', features: made.value } : { partition, offset, outcome: 'refused' }
}

/** An event's place in its topic, as text. */
export function toPlace({ partition, offset }: { readonly partition: number; readonly offset: number }): string {
  return `${partition}-${offset}`
}
