import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type Clean, makeClean, makeClockCheck } from './cleaning.ts'
import type { Fields, HistoryRow, UntypedDefinition } from './define.ts'
import { checkDefinition } from './definition-checks.ts'
import { type PromotionPolicy, parsePromotionPolicy } from './policy/promote.ts'
import { parseRetrainWhen, type RetrainWhen } from './policy/retrain-when.ts'
import { parseTrainer, type TrainerSettings } from './trainer/settings.ts'
import { compileWindows } from './windows/compile.ts'
import type { WindowPlan } from './windows/plan.ts'
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
  parse(value: unknown): Parsed<Payload>
  /** The key by which a record joins, or else is counted: a good one for Kafka. Null of a table, whose sender names it. */
  keyOf(record: Payload): string | null
}

/** A checked definition as the steps use it. */
export interface Pipeline {
  readonly name: string
  /** Names and kinds of the features, in the order of the feature vector. */
  readonly features: readonly { readonly name: string; readonly kind: 'number' | 'category' }[]
  /** Hash of the feature layout: features and bundles made for another layout are told apart by it. */
  readonly definition: string
  /** Cleans and checks; `onRule` is told of each cleaning rule that changed something. */
  parseEvent(value: unknown, onRule?: (rule: string) => void): Parsed<Payload>
  /** What is wrong with a record's own clock, by the time at which Kafka took it; undefined where nothing is. */
  clockSkew(atMs: number, recordedAtMs: number): string | undefined
  parseLabel(value: unknown, onRule?: (rule: string) => void): Parsed<Payload>
  eventId(event: Payload): string
  eventAtMs(event: Payload): number
  isScored(event: Payload): boolean
  /** What windows keep of events and labels, and what an event reads of it; undefined where the definition has no aggregates. */
  readonly windows: WindowPlan | undefined
  /** Topics beside events and labels, by the last part of their names. */
  readonly inputs: readonly InputPlan[]
  /**
   * The feature vector of an event, its aggregates and the rows that it joins with, null where absent; anything that is not a finite number or
   * a text becomes null.
   */
  toFeatures(event: Payload, aggregates?: Aggregates, rows?: Readonly<Record<string, unknown>>): FeatureValue[]
  labelId(label: Payload): string
  labelAtMs(label: Payload): number
  /** 1 for yes, 0 for no. */
  toTarget(label: Payload): 0 | 1
  readonly labelArrivesWithinMs: number
  /** What a history file must hold, and how its rows are read where the columns are named otherwise. */
  readonly history: {
    readonly eventFields: readonly string[]
    readonly labelFields: readonly string[]
    readonly read?: (row: HistoryRow, at: number) => HistoryRow
  }
  readonly trainer: TrainerSettings
  readonly retrain: {
    readonly everyMs: number
    readonly windowMs: number
    readonly halfLifeMs?: number
    readonly holdoutRowsAtMost: number
    readonly refit: boolean
    readonly when: RetrainWhen
  }
  readonly promoteWhen: PromotionPolicy
  readonly decide: { readonly positiveAtLeast: number; readonly notifyAtLeast?: number }
}

const dayMs = 86_400_000

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
  const noAggregates = Object.fromEntries((windows?.names ?? []).map(name => [name, null]))

  return {
    name: definition.name,
    features,
    definition: layoutHash(definition.name, features),
    parseEvent: makeParser(definition.event, makeClean('clean.event', clean.event, Object.keys(definition.event))),
    parseLabel: makeParser(label.fields, makeClean('clean.label', clean.label, Object.keys(label.fields))),
    clockSkew: makeClockCheck({ ...(windows ? { aheadAtMostMs: dayMs } : {}), ...clean.clock }, time),
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
        parse: makeParser(input.fields, value => value),
        keyOf(record) {
          const key = by?.(record) ?? null
          return key === null ? null : String(key)
        },
      }
    }),
    toFeatures(event, aggregates = noAggregates, joined = {}) {
      const rows: Record<string, unknown> = { ...joined }
      for (const [name, { table, by }] of lookups) rows[name] = table.get(String(event[by]))
      return functions.map(({ kind, read }) => toFeatureValue(kind, read(event, rows as never, aggregates)))
    },
    labelId: payload => String(payload[label.id]),
    labelAtMs: payload => payload[label.time] as number,
    toTarget: payload => (label.isPositive(payload) ? 1 : 0),
    labelArrivesWithinMs: label.arrivesWithinMs,
    history: {
      eventFields: Object.keys(definition.event),
      labelFields: Object.keys(label.fields),
      ...(definition.history ? { read: definition.history } : {}),
    },
    trainer: parseTrainer(definition.trainer ?? {}),
    retrain: {
      holdoutRowsAtMost: 20_000,
      refit: true,
      ...definition.retrain,
      when: parseRetrainWhen({ everyMs: definition.retrain.everyMs, ...definition.retrain.when }),
    },
    promoteWhen: parsePromotionPolicy(definition.promoteWhen ?? {}),
    decide: definition.decide,
  }
}

function toFeatureValue(kind: 'number' | 'category', value: unknown): FeatureValue {
  if (kind === 'number') return typeof value === 'number' && Number.isFinite(value) ? value : null
  return typeof value === 'string' ? value : null
}

function makeParser(fields: Fields, clean: Clean): Pipeline['parseEvent'] {
  const schema = z.object(fields)
  return (value, onRule) => {
    const parsed = schema.safeParse(clean(value, onRule))
    if (parsed.success) return { ok: true, value: parsed.data }
    const issue = parsed.error.issues[0]
    const field = issue.path.join('.') || 'value'
    return { ok: false, field, reason: issue.message.charAt(0).toLowerCase() + issue.message.slice(1) }
  }
}

/** 16 hex digits over the pipeline's name and its features' names, kinds and order. */
function layoutHash(name: string, features: Pipeline['features']): string {
  const layout = JSON.stringify([name, features.map(feature => [feature.name, feature.kind])])
  return createHash('sha256').update(layout).digest('hex').slice(0, 16)
}
