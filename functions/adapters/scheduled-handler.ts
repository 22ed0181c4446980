import { type LogFields, log, logError } from './log.ts'
import { type MetricsOf, writeRunMetrics } from './metrics.ts'

/**
 * A Lambda handler from a step that a clock triggers. The run is made at each call, so that a wrong environment is an error of that call.
 * Each run leaves one line in the log, and its counts as metrics: `FailedRuns` and `RunDuration`, and those that `toCounts` gives of an
 * outcome. What a run throws is logged, counted and thrown on, so that Lambda counts it too.
 *
 * @example export const handler = scheduledHandler({ step: 'retrain', pipeline: pipeline.name }, () => makeRetrain({ … }), ({ trained }) => ({ trainedModels: Number(trained) }))
 */
export function scheduledHandler<Outcome extends Readonly<Record<keyof Outcome, LogFields[string]>>>(
  of: MetricsOf,
  makeRun: (event: unknown) => () => Promise<Outcome>,
  toCounts: (outcome: Outcome) => Readonly<Record<string, number>>,
): (event?: unknown) => Promise<Outcome> {
  return async event => {
    const startedMs = performance.now()
    const durationMs = () => Math.round(performance.now() - startedMs)
    try {
      const outcome = await makeRun(event)()
      log({ ...outcome, step: of.step, durationMs: durationMs() })
      writeRunMetrics(of, { failedRuns: 0, ...toCounts(outcome) }, durationMs())
      return outcome
    } catch (error) {
      logError({ step: of.step, code: (error as { readonly code?: string }).code, durationMs: durationMs() }, error)
      writeRunMetrics(of, { failedRuns: 1 }, durationMs())
      throw error
    }
  }
}
