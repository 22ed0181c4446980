import type { z } from 'zod'
import type { ClockLimits, FieldCleaning } from './cleaning.ts'
import type { LayerChoice } from './layer/choice.ts'
import type { PromotionChoice } from './policy/promote.ts'
import type { RetrainWhen } from './policy/retrain-when.ts'
import type { TrainerChoice } from './trainer/settings.ts'
import type { AggregateOf, KeyValue, Lateness } from './windows/aggregate.ts'

/** The fields of a payload, each with its zod schema. */
export type Fields = Readonly<Record<string, z.ZodType>>
/** The parsed payload of those fields. */
export type PayloadOf<F extends Fields> = { readonly [Name in keyof F]: z.output<F[Name]> }

/** A table joined by the value of one event field; a value that the table does not hold gives undefined. */
export interface Lookup<Field extends string = string> {
  readonly table: ReadonlyMap<string, unknown>
  readonly by: Field
}
/** What a feature is given of each lookup: the row found, or undefined. */
export type RowsOf<L extends Readonly<Record<string, Lookup>>> = {
  readonly [Name in keyof L]: L[Name] extends { readonly table: ReadonlyMap<string, infer Row> } ? Row | undefined : never
}

/** Another topic that feeds windows and joins, `<pipeline>.<its name in the definition>`. */
export type Input<Event, F extends Fields> =
  | {
      readonly fields: F
      /** The field that holds the record's own clock time in milliseconds. */
      readonly time: keyof F & string
      /** An event is given the youngest record of its key that is at most `withinMs` older than itself; absent: records are only counted. */
      readonly join?: {
        readonly by: (record: NoInfer<PayloadOf<F>>) => KeyValue
        readonly read: (event: Event) => KeyValue
        readonly withinMs: number
      }
    }
  | {
      readonly fields: F
      /** A compacted topic: an event is given the latest record whose Kafka key is what it reads, until a record without a value takes it away. */
      readonly table: true
      readonly read: (event: Event) => KeyValue
    }

export type AnyInputs = Readonly<Record<string, Fields>>
/** What a feature is given of each input: the record found, or undefined. */
export type InputRowsOf<I extends AnyInputs> = { readonly [Name in keyof I]: PayloadOf<I[Name]> | undefined }

/** An aggregate over the events, the labels or another input; all but those over events say which key an event reads. */
export type Aggregate<Event, Label, I extends AnyInputs = Readonly<Record<never, never>>> =
  | AggregateOf<'events', Event, Event>
  | AggregateRead<'labels', Event, Label>
  | { readonly [Name in keyof I & string]: AggregateRead<Name, Event, PayloadOf<I[Name]>> }[keyof I & string]
type AggregateRead<Source extends string, Event, Payload> = AggregateOf<Source, Event, Payload> & {
  readonly read: (event: Event) => KeyValue
}

type FeatureFunction<Event, Rows, Aggregates, Value> = (event: Event, rows: Rows, aggregates: Aggregates) => Value | null
/** A number, or a declared category; null means missing. */
export type Feature<Event, Rows, Aggregates> =
  | FeatureFunction<Event, Rows, Aggregates, number>
  | { readonly category: FeatureFunction<Event, Rows, Aggregates, string> }
/** What a feature is given of each aggregate. */
export type AggregatesOf<A extends string> = { readonly [Name in A]: number | null }

/** A row of a history file, by column; 64-bit integers are numbers, times of Parquet are epoch milliseconds. */
export type HistoryRow = Readonly<Record<string, unknown>>

/** What a team writes: one typed object, checked by the compiler and again when it is loaded. */
export interface Definition<
  E extends Fields,
  L extends Readonly<Record<string, Lookup<keyof E & string>>>,
  T extends Fields,
  A extends string,
  I extends AnyInputs,
> {
  /** Names the topics and the stack: lower-case letters, digits and dashes, at most 40. */
  readonly name: string
  readonly event: E
  /**
   * The event field that is unique for each event: one prediction per id. A text of 1 to 1,024 bytes in UTF-8, well-formed, or a number of at
   * most 2^53 − 1; other events are EVENT_INVALID.
   */
  readonly id: keyof E & string
  /** The event field that holds its own clock time in milliseconds; it orders training rows. */
  readonly time: keyof E & string
  /** Events that return false are not scored; they go to `rejected` with the code FILTERED. */
  readonly filter?: (event: PayloadOf<E>) => boolean
  /** What is put right before the schemas look, each rule counted by its name, and how wrong a clock may be. */
  readonly clean?: {
    readonly event?: { readonly [Field in keyof NoInfer<E>]?: FieldCleaning }
    readonly label?: { readonly [Field in keyof NoInfer<T>]?: FieldCleaning }
    readonly clock?: ClockLimits
    /** An event whose id came before, in its partition and at most this far from it in event time, is rejected. */
    readonly repeatsWithinMs?: number
  }
  readonly lookups?: L
  /** Topics beside `events` and `labels`. */
  readonly inputs?: { readonly [Name in keyof I]: Input<NoInfer<PayloadOf<E>>, I[Name]> }
  /** Numbers about other records in a window of event time: of the same airport in the last hour, of the same card today. */
  readonly aggregates?: { readonly [Name in A]: Aggregate<NoInfer<PayloadOf<E>>, NoInfer<PayloadOf<T>>, NoInfer<I>> }
  /** How late a record may come to the windows; an hour, later ones dropped, if absent. */
  readonly lateness?: Lateness
  /**
   * A whole number from 1, 1 if absent. Raise it when a function that decides what windows or joins keep (`by`, `value`, `join.by`, `filter`,
   * a rule of `clean`, a schema) comes to mean something else under the same name: what was kept before is not used any more, and
   * `millrace rebuild` keeps it anew from the archive. All other changes of what is kept are seen without it.
   */
  readonly revision?: number
  readonly features: Readonly<Record<string, Feature<PayloadOf<E>, RowsOf<L> & InputRowsOf<NoInfer<I>>, AggregatesOf<NoInfer<A>>>>>
  readonly label: {
    readonly fields: T
    /** The label field that holds the event's id, within the same limits; other labels are LABEL_INVALID. */
    readonly id: keyof T & string
    /** The label field that says when the truth was known, in milliseconds. */
    readonly time: keyof T & string
    /** The truth as a yes or no. */
    readonly isPositive: (label: PayloadOf<T>) => boolean
    /** A label that found no prediction for this long goes to `rejected`. */
    readonly arrivesWithinMs: number
    /**
     * The least that lies between an event's time and its label's coming; 0 if absent: a label may come at once. Until then nobody looks
     * whether a label waits for a prediction, which saves a read of each. A label that comes sooner all the same may be joined only when
     * its wait is over.
     */
    readonly arrivesAfterMs?: number
  }
  /** The event's and the label's fields of a row of a history file, where its columns are named otherwise; row 0 is the first. */
  readonly history?: (row: HistoryRow, at: number) => HistoryRow
  /** Which trainer, with what settings; both are trained and the better one taken if absent. */
  readonly trainer?: TrainerChoice
  readonly retrain: {
    /** How often a candidate is trained. */
    readonly everyMs: number
    /** How far back in event time the training rows reach. */
    readonly windowMs: number
    /** A row this much older than the latest weighs half as much; absent: all weigh the same. */
    readonly halfLifeMs?: number
    /** The latest rows that a candidate is measured on and not trained on: at most this many, and at most a fifth; 20,000 if absent. */
    readonly holdoutRowsAtMost?: number
    /** Whether the model that serves is trained again on all rows, holdout included, once the gate is decided without them; true if absent. */
    readonly refit?: boolean
    /** What else asks for a training: growth, error. Read by the backtest; on AWS the schedule alone does. */
    readonly when?: Partial<RetrainWhen>
    /** Where candidates are trained: `lambda`, in the function of retrain, if absent; `spark`, by a job of its own, for more rows than that holds. */
    readonly engine?: RetrainEngine
  }
  readonly promoteWhen?: PromotionChoice
  /**
   * The online layer over the champion, which learns every label (models/layer/README.md); 'off' for none. Absent, it is there where labels come
   * within `retrain.windowMs`.
   */
  readonly layer?: 'off' | LayerChoice
  readonly decide: {
    /** A score from here on counts as a predicted yes. */
    readonly positiveAtLeast: number
    /** A score from here on sends a notification; absent: none is sent. */
    readonly notifyAtLeast?: number
  }
}

/** What trains candidates: the function itself, or a job of Spark that it starts (functions/retrain/spark). */
export type RetrainEngine = 'lambda' | 'spark'

/** A definition without its compile-time types, as the compiler of pipelines reads it. */
export type UntypedDefinition = Definition<Fields, Readonly<Record<string, Lookup>>, Fields, string, AnyInputs>
