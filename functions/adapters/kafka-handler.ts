import { MillraceError } from '#models/errors.ts'
import type { Step } from '../ports.ts'
import { type BatchResponse, toBatchResponse, toRecords } from './kafka-event.ts'
import { log, logError } from './log.ts'
import { type MetricsOf, writeMetrics } from './metrics.ts'

/**
 * A Lambda handler from a step. The step is made at the first call, so that a wrong environment is an error of that call and is retried.
 * Each batch leaves one line in the log, and its counts as metrics.
 *
 * @example export const handler = kafkaHandler({ step: 'archive', pipeline: pipeline.name }, () => makeArchive({ … }))
 */
export function kafkaHandler(of: MetricsOf, makeStep: () => Step): (event: unknown) => Promise<BatchResponse> {
  let step: Step | undefined
  return async event => {
    const startedMs = performance.now()
    try {
      const records = toRecords(event)
      step ??= makeStep()
      const { failed = [], counts } = await step(records)
      const durationMs = Math.round(performance.now() - startedMs)
      const all = { records: records.length, ...counts, failed: failed.length }
      log({ step: of.step, ...all, durationMs })
      writeMetrics(of, all, durationMs)
      if (failed.length > 0 && process.env.PARTIAL_FAILURES === 'off') {
        // Nobody reads the answer then, and to throw is the only way to have the records come again
        throw new MillraceError('STORE_FAILED', `${failed.length} of ${records.length} records failed; the whole batch comes again`, {
          retryable: true,
        })
      }
      return toBatchResponse(failed)
    } catch (error) {
      logError({ step: of.step, code: (error as { readonly code?: string }).code }, error)
      throw error
    }
  }
}
