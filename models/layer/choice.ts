import { refuse } from '../refuse.ts'
import { parseSettings } from '../settings.ts'
import type { Period } from './shape.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** What a definition may say of its layer. */
export interface LayerChoice {
  /** Times after which labels are likely to repeat, as the layer's inputs; none if absent. */
  readonly periods?: readonly (keyof typeof periods)[]
  /** How old the state may be before the champion decides alone; twice `label.arrivesWithinMs`, an hour at least, if absent. */
  readonly staleAfterMs?: number
}

const periods = { day: { everyMs: dayMs, stepMs: hourMs }, week: { everyMs: 7 * dayMs, stepMs: hourMs } } as const satisfies Readonly<
  Record<string, Period>
>

/** A layer as the steps use it. */
export interface LayerPlan {
  readonly periods: readonly Period[]
  readonly staleAfterMs: number
}

/**
 * The layer of a definition; undefined for none.
 *
 * @throws MillraceError DEFINITION_INVALID, SETTING_INVALID
 */
export function parseLayerChoice(
  choice: 'off' | LayerChoice | undefined,
  { arrivesWithinMs, windowMs }: { readonly arrivesWithinMs: number; readonly windowMs: number },
): LayerPlan | undefined {
  if (choice === 'off' || (choice === undefined && arrivesWithinMs > windowMs)) return undefined
  if (choice !== undefined && (typeof choice !== 'object' || choice === null)) refuse('layer', "be 'off' or an object", choice)
  const { periods: names = [], ...rest } = choice ?? {}
  const unknown = Array.isArray(names) ? names.find(name => !Object.hasOwn(periods, name)) : names
  if (unknown !== undefined) refuse('layer.periods', `be some of ${Object.keys(periods).join(', ')}`, unknown)
  const staleAfterMs = {
    default: Math.max(hourMs, 2 * arrivesWithinMs),
    min: 1_000,
    max: 1e13,
    meaning: 'age at which the champion decides alone',
  }
  return { periods: names.map(name => periods[name]), ...parseSettings('layer', { staleAfterMs }, rest) }
}
