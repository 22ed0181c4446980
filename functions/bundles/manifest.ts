import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'

/** How a model did on some rows; null where they do not tell. */
export const quality = z.object({
  rowCount: z.number(),
  positiveRatio: z.number().nullable(),
  accuracy: z.number().nullable(),
  precision: z.number().nullable(),
  recall: z.number().nullable(),
  f1: z.number().nullable(),
  auc: z.number().nullable(),
  logLoss: z.number().nullable(),
})

const manifest = z.object({
  version: z.string(),
  pipeline: z.string(),
  /** Hash of the feature layout; a bundle made for another is refused. */
  definition: z.string(),
  /** SHA-256 of model.onnx, in hex. */
  sha256: z.string(),
  trainer: z.string(),
  /** Where the ONNX file takes features and gives scores, if not as our own trainers write it. */
  tensors: z.object({ input: z.string(), output: z.string(), column: z.number() }).optional(),
  /** The columns of the model's input, with the dictionaries of its categories. */
  features: z.array(z.object({ name: z.string(), kind: z.enum(['number', 'category']), categories: z.array(z.string()) })),
  /** Feature vectors with the scores that the trainer gave them: the model must give them again wherever it is loaded. */
  golden: z.object({ rows: z.array(z.array(z.union([z.number(), z.string(), z.null()]))), scores: z.array(z.number()) }),
  /** The rows that the model was trained on, all 0 for one trained elsewhere that does not say; a candidate is compared with it on later rows only. */
  training: z.object({ rowCount: z.number(), fromMs: z.number(), toMs: z.number() }),
  /** Quality on rows that were not learnt from; of the model before the refit, where there was one. Null for a model trained elsewhere that does not say. */
  holdout: quality.nullable(),
  /** Where the model was trained again on all rows, holdout included: what the one that was measured had learnt from. Absent without a refit. */
  measured: z.object({ rowCount: z.number(), fromMs: z.number(), toMs: z.number() }).optional(),
  /** Every trainer's model on the same holdout rows, the chosen one first; none for a model trained elsewhere. */
  contenders: z.array(
    z.object({
      trainer: z.string(),
      /** The share of the training rows, the latest, that did best. */
      spanRatio: z.number().optional(),
      holdout: quality,
      trainMs: z.number(),
    }),
  ),
  /** The champion when it was trained. */
  parent: z.string().nullable(),
  settings: z.record(z.string(), z.unknown()),
  trainedAtMs: z.number(),
})

/** Everything that is known of one model version, beside its ONNX file. */
export type Manifest = z.output<typeof manifest>

/** @throws MillraceError BUNDLE_INVALID that names the part */
export function parseManifest(bytes: Uint8Array): Manifest {
  try {
    return manifest.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch (error) {
    const reason = error instanceof z.ZodError ? `${error.issues[0].path.join('.')} ${error.issues[0].message}` : (error as Error).message
    throw new MillraceError('BUNDLE_INVALID', `manifest.json is not a manifest: ${reason}`, { cause: error })
  }
}
