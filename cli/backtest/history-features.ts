import type { Decoded } from '#functions/decode.ts'
import { opOf } from '#functions/features/decode-op.ts'
import { isCounted } from '#functions/features/judge.ts'
import { type PlacedEvent, type RecordMaker, toFeaturesRecord, visitEvent } from '#functions/features/to-features.ts'
import type { FeaturesRecord } from '#functions/records.ts'
import type { Memory, Payload } from '#models/pipeline-compiler.ts'
import { openWindows } from '#models/windows/windows.ts'
import type { InputEntry } from './input-history.ts'

/** The features of a history's events, with windows in memory: what preprocess makes, without Kafka and without a table. */
export interface HistoryFeatures {
  /** Of the next event, which windows count from then on. In a history in event time no event is late. */
  make(placed: PlacedEvent): Decoded<FeaturesRecord>
  /** A label that is known now. */
  countLabel(label: Payload): void
  /** A record of an input that is known now. */
  countInput(entry: InputEntry): void
}

export function makeHistoryFeatures(pipeline: RecordMaker & Pick<Memory, 'windows'>): HistoryFeatures {
  const plan = pipeline.windows
  if (!plan) return { make: placed => toFeaturesRecord(pipeline, placed), countLabel() {}, countInput() {} }
  const windows = openWindows(plan)
  const kindOf = (name: string) => plan.sources.findIndex(source => source.name === name)
  const [events, labels] = [kindOf('events'), kindOf('labels')]
  return {
    make(placed) {
      const op = opOf(plan.sources[events], placed.event)
      if (!op.ok) return op
      const { outcome, isRepeat } = visitEvent(pipeline, { ...placed, isLate: false }, windows)
      if (isCounted('inTime', isRepeat)) windows.apply(events, op.value)
      return outcome
    },
    countLabel(label) {
      const op = opOf(plan.sources[labels], label)
      if (op.ok) windows.apply(labels, op.value)
    },
    countInput: ({ kind, op }) => windows.apply(kind, op),
  }
}
