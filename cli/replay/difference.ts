import { toValue } from '#functions/archive/prediction-row.ts'
import type { OutgoingRecord } from '#functions/ports.ts'
import type { Prediction } from '#functions/records.ts'
import type { ThenRecord } from './then-record.ts'

/** What is predicted now: the record, and the prediction that its value holds. */
export interface NowRecord {
  readonly record: OutgoingRecord
  readonly prediction: Prediction
}

/** How the predictions of now differ from those of then, over all rows or over those of one pair of models. */
export interface DifferenceCounts {
  readonly records: number
  /** The same key and value, byte for byte. */
  readonly identical: number
  /** The same score and decision in other bytes: another model's name, other shadows. */
  readonly sameScore: number
  /** Another score or decision. */
  readonly changed: number
  /** Of the changed: another decision. */
  readonly flipped: number
  /** Predicted then, and not now. */
  readonly goneNow: number
  /** Predicted now, and not then. */
  readonly newNow: number
  /** Predicted neither then nor now. */
  readonly neither: number
  /** Of the scores of then and of now: null where no row has both. */
  readonly maxGap: number | null
  readonly meanGap: number | null
}

export interface Difference extends DifferenceCounts {
  readonly byModel: readonly (DifferenceCounts & { readonly modelThen: string | null; readonly modelNow: string | null })[]
}

/**
 * Gathers the difference row by row.
 *
 * `gone` names models whose bundles are no longer there: what they gave beside the counting score is left out of the comparison.
 */
export function makeDifference(gone: ReadonlySet<string>) {
  const total = makeCounter()
  const byModel = new Map<string, { readonly models: readonly [string | null, string | null]; readonly counter: Counter }>()
  return {
    add(then: ThenRecord | undefined, now: NowRecord | undefined): void {
      const outcome = compare(then, now, gone)
      const models = [then?.prediction.model ?? null, now?.prediction.model ?? null] as const
      const name = JSON.stringify(models)
      const entry = byModel.get(name) ?? { models, counter: makeCounter() }
      byModel.set(name, entry)
      for (const counter of [total, entry.counter]) counter.add(outcome)
    },
    read(): Difference {
      const entries = [...byModel.values()].map(({ models: [modelThen, modelNow], counter }) => ({
        modelThen,
        modelNow,
        ...counter.read(),
      }))
      return { ...total.read(), byModel: entries }
    },
  }
}

type Kind = 'identical' | 'sameScore' | 'changed' | 'goneNow' | 'newNow' | 'neither'
interface Outcome {
  readonly kind: Kind
  readonly isFlipped: boolean
  /** |score now − score then|, where there are both. */
  readonly gap: number | null
}

function compare(then: ThenRecord | undefined, now: NowRecord | undefined, gone: ReadonlySet<string>): Outcome {
  if (!then || !now) return { kind: kindOfOne(then, now), isFlipped: false, gap: null }
  const [before, after] = [then.prediction, now.prediction]
  const gap = before.score === null || after.score === null ? null : Math.abs(after.score - before.score)
  const isFlipped = before.decision !== after.decision
  if (isSameBytes(then, now.record, gone)) return { kind: 'identical', isFlipped, gap }
  return { kind: before.score === after.score && !isFlipped ? 'sameScore' : 'changed', isFlipped, gap }
}

function kindOfOne(then: ThenRecord | undefined, now: NowRecord | undefined): Kind {
  if (then) return 'goneNow'
  return now ? 'newNow' : 'neither'
}

function isSameBytes({ key, value, prediction }: ThenRecord, now: OutgoingRecord, gone: ReadonlySet<string>): boolean {
  const kept = prediction.shadows.filter(({ model }) => !gone.has(model))
  const comparable = kept.length === prediction.shadows.length ? value : toValue({ ...prediction, shadows: kept })
  return key !== null && now.key !== null && Buffer.from(key).equals(Buffer.from(now.key)) && comparable === String(now.value)
}

type Counter = ReturnType<typeof makeCounter>

function makeCounter() {
  const counts: Record<Kind, number> = { identical: 0, sameScore: 0, changed: 0, goneNow: 0, newNow: 0, neither: 0 }
  let records = 0
  let flipped = 0
  let gapCount = 0
  let gapSum = 0
  let maxGap = 0
  return {
    add({ kind, isFlipped, gap }: Outcome): void {
      records++
      counts[kind]++
      flipped += Number(isFlipped)
      if (gap === null) return
      gapCount++
      gapSum += gap
      maxGap = Math.max(maxGap, gap)
    },
    read(): DifferenceCounts {
      return { records, ...counts, flipped, maxGap: gapCount === 0 ? null : maxGap, meanGap: gapCount === 0 ? null : gapSum / gapCount }
    },
  }
}
