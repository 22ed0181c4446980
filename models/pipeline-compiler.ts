import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type Clean, makeClean, makeClockCheck } from './cleaning.ts'
import type { Fields, HistoryRow, RetrainEngine, UntypedDefinition } from './definition.ts'
import { checkDefinition } from './definition-checks.ts'
import { findIdFault } from './ids.ts'
import { type LayerPlan, parseLayerChoice } from './layer/choice.ts'
import { inheritedNames, ownNames } from './own-names.ts'
import { type PromotionPolicy, parsePromotionPolicy } from './policy/promote.ts'
import { parseRetrainWhen, type RetrainWhen } from './policy/retrain-when.ts'
import { parseTrainer, type TrainerSettings } from './trainer/settings.ts'
import { compileWindows } from './windows/compile.ts'
import type { WindowPlan } from './windows/window-plan.ts'
import type { Aggregates } from './windows/windows.ts'

/** A parsed payload of an event or a label. */
export type Payload = Readonly<Record<string, unknown>>
/** A value of a feature as it travels in JSON: a number, a category by its name, or null for missing. */
export type FeatureValue = number | string | null
/** Bad data is a value: what was parsed, or which field was refused and why. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly field: string; readonly reason: string }

/** An input as the steps use it. */
export interface InputPlan {
  readonly name: string
  /** A compacted topic, in which a key's latest record counts. */
  readonly isTable: boolean
  readonly fields: readonly string[]
  parse(value: unknown): Parsed<Payload>
  /** The key by which a record joins, or else is counted: a good one for Kafka. Null of a table, whose sender names it. */
  keyOf(record: Payload): string | null
}

/** What reads events. */
export interface EventReader {
  /** Cleans and checks, the id too; `onRule` is told of each cleaning rule that changed something. */
  parseEvent(value: unknown, onRule?: (rule: string) => void): Parsed<Payload>
  /** What is wrong with a record's own clock, by the time at which Kafka took it; undefined where nothing is. */
  clockSkew(atMs: number, recordedAtMs: number): string | undefined
  eventId(event: Payload): string
  eventAtMs(event: Payload): number
  isScored(event: Payload): boolean
}

/** What reads labels. */
export interface LabelReader {
  parseLabel(value: unknown, onRule?: (rule: string) => void): Parsed<Payload>
  labelId(label: Payload): string
  labelAtMs(label: Payload): number
  /** 1 for yes, 0 for no. */
  toTarget(label: Payload): 0 | 1
  readonly labelArrivesWithinMs: number
  readonly labelArrivesAfterMs: number
}

/** What a feature vector is made of. */
export interface FeatureLayout {
  /** Names and kinds of the features, in the order of the feature vector. */
  readonly features: readonly { readonly name: string; readonly kind: 'number' | 'category' }[]
  /** Hash of the feature layout: features and bundles made for another layout are told apart by it. */
  readonly definition: string
}

/** What makes feature vectors. */
export interface FeatureMaker extends FeatureLayout {
  /**
   * The feature vector of an event, its aggregates and the rows that it joins with, null where absent; anything that is not a finite number or
   * a text becomes null.
   */
  toFeatures(event: Payload, aggregates?: Aggregates, rows?: Readonly<Record<string, unknown>>): FeatureValue[]
}

/** What a definition remembers, and of whom. */
export interface Memory {
  /** What windows keep of events and labels, and what an event reads of it; undefined where the definition has no aggregates. */
  readonly windows: WindowPlan | undefined
  /** Topics beside events and labels, by the last part of their names. */
  readonly inputs: readonly InputPlan[]
}

/** How a model is trained, and what it must be to serve. */
export interface TrainingPlan {
  readonly trainer: TrainerSettings
  readonly retrain: {
    readonly everyMs: number
    readonly windowMs: number
    readonly halfLifeMs?: number
    readonly holdoutRowsAtMost: number
    readonly refit: boolean
    readonly when: RetrainWhen
    readonly engine: RetrainEngine
  }
  readonly promoteWhen: PromotionPolicy
  /** The online layer over the champion; undefined: there is none. */
  readonly layer: LayerPlan | undefined
}

/** A checked definition as the steps use it; each asks for the parts that it reads. */
export interface Pipeline extends EventReader, LabelReader, FeatureMaker, Memory, TrainingPlan {
  readonly name: string
  /** What a history file must hold, and how its rows are read where the columns are named otherwise. */
  readonly history: {
    readonly eventFields: readonly string[]
    readonly labelFields: readonly string[]
    readonly read?: (row: HistoryRow, at: number) => HistoryRow
  }
  readonly decide: { readonly positiveAtLeast: number; readonly notifyAtLeast?: number }
}

/** For a definition that does not say: far above what synchronised clocks differ by, and one wrong clock harms a quarter of an hour at most. */
const aheadAtMostMs = 900_000

/** Compiles a definition; `definePipeline` is its typed front. */
export function compilePipeline(definition: UntypedDefinition): Pipeline {
  checkDefinition(definition)
  const { id, time, label, filter, clean = {} } = definition
  const lookups = Object.entries(definition.lookups ?? {})
  const names = Object.keys(definition.features)
  const functions = names.map(name => {
    const feature = definition.features[name]
    return typeof feature === 'function'
      ? { kind: 'number' as const, read: feature }
      : { kind: 'category' as const, read: feature.category }
  })
  const features = names.map((name, at) => ({ name, kind: functions[at].kind }))
  const windows = compileWindows(definition)
  const noRows = Object.fromEntries(Object.keys(definition.inputs ?? {}).map(name => [name, undefined]))
  const noAggregates = Object.fromEntries((windows?.names ?? []).map(name => [name, null]))

  return {
    name: definition.name,
    features,
    definition: layoutHash(definition.name, features),
    parseEvent: withId(id, makeParser(definition.event, makeClean('clean.event', clean.event, Object.keys(definition.event)))),
    parseLabel: withId(label.id, makeParser(label.fields, makeClean('clean.label', clean.label, Object.keys(label.fields)))),
    clockSkew: makeClockCheck({ aheadAtMostMs, ...clean.clock }, time),
    eventId: event => String(event[id]),
    eventAtMs: event => event[time] as number,
    isScored: event => filter?.(event) ?? true,
    windows,
    inputs: Object.entries(definition.inputs ?? {}).map(([name, input]) => {
      const source = windows?.sources.find(known => known.name === name)
      const by = source?.joins[0]?.by ?? source?.keys[0]
      return {
        name,
        isTable: 'table' in input,
        fields: Object.keys(input.fields),
        parse: makeParser(input.fields, value => value),
        keyOf(record) {
          const key = by?.(record) ?? null
          return key === null ? null : String(key)
        },
      }
    }),
    toFeatures(event, aggregates = noAggregates, joined = noRows) {
      const rows: Record<string, unknown> = { ...noRows, ...joined }
      for (const [name, { table, by }] of lookups) rows[name] = table.get(String(event[by]))
      return functions.map(({ kind, read }) => toFeatureValue(kind, read(event, rows as never, aggregates)))
    },
    labelId: payload => String(payload[label.id]),
    labelAtMs: payload => payload[label.time] as number,
    toTarget: payload => (label.isPositive(payload) ? 1 : 0),
    labelArrivesWithinMs: label.arrivesWithinMs,
    labelArrivesAfterMs: label.arrivesAfterMs ?? 0,
    history: {
      eventFields: Object.keys(definition.event),
      labelFields: Object.keys(label.fields),
      ...(definition.history ? { read: definition.history } : {}),
    },
    trainer: parseTrainer(definition.trainer ?? {}),
    retrain: {
      holdoutRowsAtMost: 20_000,
      refit: true,
      engine: 'lambda',
      ...definition.retrain,
      when: parseRetrainWhen({ everyMs: definition.retrain.everyMs, ...definition.retrain.when }),
    },
    promoteWhen: parsePromotionPolicy(definition.promoteWhen ?? {}),
    layer: parseLayerChoice(definition.layer, { ...label, windowMs: definition.retrain.windowMs }),
    decide: definition.decide,
  }
}

function toFeatureValue(kind: 'number' | 'category', value: unknown): FeatureValue {
  if (kind === 'number') return typeof value === 'number' && Number.isFinite(value) ? value : null
  return typeof value === 'string' ? value.toWellFormed() : null // half a surrogate pair is no text in UTF-8
}

type Parser = EventReader['parseEvent']

function makeParser(fields: Fields, clean: Clean): Parser {
  const schema = z.object(fields)
  const inherited = inheritedNames(Object.keys(fields))
  return (value, onRule) => {
    const cleaned = clean(value, onRule)
    const read = inherited.length === 0 ? cleaned : ownNames(cleaned, inherited)
    const parsed = runSchema(schema, read)
    if (!parsed.ok) return parsed
    if (parsed.success) return { ok: true, value: parsed.data }
    const issue = parsed.error.issues[0]
    const field = issue.path.join('.') || 'value'
    return { ok: false, field, reason: toReason(issue, read) }
  }
}

/** What zod says; a transform or a refinement may throw on bad data, which zod lets through. */
function runSchema(schema: z.ZodType<Payload>, value: unknown) {
  try {
    return { ok: true, ...schema.safeParse(value) } as const
  } catch (error) {
    return { ok: false, field: 'value', reason: `the schema threw: ${(error as Error).message}` } as const
  }
}

/** What a schema's first issue says of a field, in words for who sent it: a field that is not there is missing, a text without letters empty. */
function toReason(issue: z.core.$ZodIssue, read: unknown): string {
  if (issue.path.length === 1 && (read as Payload)[String(issue.path[0])] === undefined) return 'is missing'
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1) return 'is empty'
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1)
}

/** Refuses payloads whose id cannot be one. */
function withId(field: string, parse: Parser): Parser {
  return (value, onRule) => {
    const parsed = parse(value, onRule)
    const reason = parsed.ok ? findIdFault(parsed.value[field]) : undefined
    return reason === undefined ? parsed : { ok: false, field, reason }
  }
}

/** 16 hex digits over the pipeline's name and its features' names, kinds and order. */
function layoutHash(name: string, features: FeatureLayout['features']): string {
  const layout = JSON.stringify([name, features.map(feature => [feature.name, feature.kind])])
  return createHash('sha256').update(layout).digest('hex').slice(0, 16)
}
