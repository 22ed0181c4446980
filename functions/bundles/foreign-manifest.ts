import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'
import type { FeatureValue, Pipeline } from '#models/pipeline-compiler.ts'
import type { FeatureSpec } from '#models/training-set.ts'
import { quality } from './manifest.ts'
import { versionPattern } from './version.ts'

const word = z.string().regex(versionPattern, 'must be 1 to 64 letters, digits, dots and dashes')
const count = z.int().min(0)

const foreignManifest = z.strictObject({
  version: word.optional(),
  trainer: word,
  /** Of the ONNX file, for those who want it checked. */
  sha256: z.string().optional(),
  features: z.array(
    z.strictObject({ name: z.string(), kind: z.enum(['number', 'category']), categories: z.array(z.string()).default([]) }),
  ),
  input: z.string().optional(),
  output: z.strictObject({ name: z.string().optional(), column: count.optional() }).default({}),
  golden: z.strictObject({ rows: z.array(z.array(z.union([z.number(), z.string(), z.null()]))), scores: z.array(z.number()) }),
  training: z.strictObject({ rowCount: count, fromMs: z.number(), toMs: z.number() }).optional(),
  metrics: quality
    .extend({
      precision: quality.shape.precision.default(null),
      recall: quality.shape.recall.default(null),
      f1: quality.shape.f1.default(null),
      auc: quality.shape.auc.default(null),
    })
    .strict()
    .optional(),
  settings: z.record(z.string(), z.unknown()).default({}),
  trainedAtMs: z.number().optional(),
})

/** All fields, for the README's table. */
export const foreignFields: readonly string[] = Object.keys(foreignManifest.shape)

/** What one says of a model trained elsewhere; the rest of a bundle's manifest follows from it. */
export type ForeignManifest = z.output<typeof foreignManifest>

/** Fewest golden rows: with fewer, columns or categories that were mixed up could go unseen. */
const goldenRowsAtLeast = 10

/**
 * Reads the manifest of a model trained elsewhere and compares it with the definition that the model is to serve.
 *
 * @throws MillraceError BUNDLE_INVALID that names the part, and what to change
 */
export function parseForeignManifest(bytes: Uint8Array, pipeline: Pick<Pipeline, 'features'>): ForeignManifest {
  const parsed = foreignManifest.safeParse(toJson(bytes))
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues
    throw refuse(`${path.join('.') || 'it'}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`)
  }
  checkFeatures(parsed.data.features, pipeline.features)
  checkGolden(parsed.data)
  return parsed.data
}

function refuse(reason: string, cause?: unknown): MillraceError {
  return new MillraceError('BUNDLE_INVALID', `the model's manifest is refused: ${reason}`, { cause })
}

function toJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (cause) {
    throw refuse(`it is not JSON (${(cause as Error).message}); Python writes NaN where JSON needs null`, cause)
  }
}

function checkFeatures(features: readonly FeatureSpec[], wanted: Pipeline['features']): void {
  for (let at = 0; at < Math.max(features.length, wanted.length); at++) {
    const [got, want] = [features[at], wanted[at]].map(feature => (feature ? `${feature.kind} ${feature.name}` : 'nothing'))
    if (got === want) continue
    throw refuse(`features.${at} must be ${want}, got ${got}; train on the features of the definition, all of them and in its order`)
  }
  for (const { name, kind, categories } of features) {
    if (kind === 'number' && categories.length > 0) throw refuse(`${name} is a number and has no categories, got ${categories.length}`)
    if (kind === 'category' && categories.length === 0) {
      throw refuse(`${name} needs its categories, in the order of the codes that the model was trained on`)
    }
    const twice = categories.find((category, code) => categories.indexOf(category) !== code)
    if (twice !== undefined) throw refuse(`${name} has the category '${twice}' twice; each must stand at its own code`)
  }
}

/** Golden rows must be able to show that columns, categories or scores were mixed up. */
function checkGolden({ features, golden: { rows, scores } }: ForeignManifest): void {
  if (rows.length < goldenRowsAtLeast || rows.length !== scores.length) {
    throw refuse(
      `golden must have at least ${goldenRowsAtLeast} rows and a score for each, got ${rows.length} rows and ${scores.length} scores; take some from the training data`,
    )
  }
  if (new Set(scores).size === 1) throw refuse(`golden.scores are all ${scores[0]} and prove nothing; take rows that score differently`)
  for (const [at, row] of rows.entries()) {
    if (row.length !== features.length) throw refuse(`golden.rows.${at} must have ${features.length} values, got ${row.length}`)
    for (const [column, { name, kind }] of features.entries()) {
      const type = kind === 'number' ? 'number' : 'string'
      if (row[column] === null || typeof row[column] === type) continue
      throw refuse(`golden.rows.${at}: ${name} must be a ${type} or null, got ${JSON.stringify(row[column])}; categories go by their names`)
    }
  }
  for (const [column, { name, categories }] of features.entries()) checkKnown(name, categories, new Set(rows.map(row => row[column])))
}

function checkKnown(name: string, categories: readonly string[], used: ReadonlySet<FeatureValue>): void {
  if (categories.length === 0) return
  const known = categories.filter(category => used.has(category)).length
  const wanted = Math.min(2, categories.length)
  if (known >= wanted) return
  throw refuse(
    `golden.rows use ${known} of the ${categories.length} categories of ${name}, ${wanted} are needed to see that the codes are right`,
  )
}
