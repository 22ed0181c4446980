import { MillraceError } from '#models/errors.ts'
import type { Settings } from './setting-table.ts'

/** What settings must fit of a definition. */
export interface Trained {
  readonly labelArrivesWithinMs: number
  readonly retrain: { readonly windowMs: number; readonly engine?: 'lambda' | 'spark' }
}

const dayMs = 86_400_000

/**
 * Refuses settings that do not fit the definition.
 *
 * `given` is the CDK context: a setting of Spark has no effect without Spark, however it is set.
 *
 * @throws MillraceError SETTING_INVALID
 * @example checkPipeline(pipeline, parseSettings(context), context)
 */
export function checkPipeline(
  { labelArrivesWithinMs, retrain }: Trained,
  { archiveKeepDays }: Pick<Settings, 'archiveKeepDays'>,
  given: Readonly<Record<string, unknown>>,
): void {
  const ofSpark = ['sparkImage', 'sparkWorkers'].filter(name => given[name] !== undefined)
  if (ofSpark.length > 0 && retrain.engine !== 'spark') {
    const [belong, them] = ofSpark.length === 1 ? ['belongs', 'it'] : ['belong', 'them']
    throw invalid(
      `${ofSpark.join(' and ')} ${belong} to retrain.engine 'spark', got '${retrain.engine ?? 'lambda'}'; leave ${them} out, or change the definition`,
    )
  }
  const [windowDays, labelDays] = [retrain.windowMs, labelArrivesWithinMs].map(ms => Number((ms / dayMs).toFixed(2)))
  if (archiveKeepDays !== undefined && archiveKeepDays * dayMs < retrain.windowMs + labelArrivesWithinMs) {
    throw invalid(
      `archiveKeepDays must be at least ${Math.ceil((retrain.windowMs + labelArrivesWithinMs) / dayMs)}, the definition's retrain.windowMs ` +
        `(${windowDays} days) and label.arrivesWithinMs (${labelDays} days), or a training misses rows, got ${archiveKeepDays}; ` +
        'change it with -c archiveKeepDays=…, or leave it out to keep all',
    )
  }
}

const invalid = (message: string) => new MillraceError('SETTING_INVALID', message)
