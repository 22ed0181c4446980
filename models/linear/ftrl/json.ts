import { z } from 'zod'
import { MillraceError } from '../../errors.ts'
import type { FtrlState } from './ftrl.ts'
import { slotCountOf } from './layout.ts'
import { makeSlotSums, weightOf } from './proximal.ts'
import { parseFtrlSettings } from './settings.ts'

const savedState = z.object({
  settings: z.record(z.string(), z.number()),
  features: z.array(z.object({ name: z.string(), edges: z.array(z.number()).nullable() })),
  /** The slots that have learnt anything, and their sums in the same order. */
  slots: z.array(z.int().min(0)),
  gradients: z.array(z.number()),
  squares: z.array(z.number().positive()),
})

/** A learner's state as plain JSON; every number comes back to the bit. */
export type FtrlJson = z.infer<typeof savedState>

/**
 * What a learner needs to go on: settings, bin edges, and the sums of the slots that have learnt anything.
 *
 * @example JSON.stringify(toJson(state)) // fromJson(JSON.parse(…)) learns on as if it had never stopped
 */
export function toJson({ settings, layout, sums }: FtrlState): FtrlJson {
  const slots = [...sums.squares.keys()].filter(slot => sums.squares[slot] > 0)
  return {
    settings,
    features: layout.features.map(({ name, edges }) => ({ name, edges: edges && [...edges] })),
    slots,
    gradients: slots.map(slot => sums.gradients[slot]),
    squares: slots.map(slot => sums.squares[slot]),
  }
}

/**
 * The state that `toJson` saved; the weights follow from the sums.
 *
 * @throws MillraceError BUNDLE_INVALID where it is not one, SETTING_INVALID where a setting is out of its range
 */
export function fromJson(json: unknown): FtrlState {
  const parsed = savedState.safeParse(json)
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues
    throw invalid(`${path.join('.') || 'state'}: ${message.toLowerCase()}`)
  }
  const { features, slots, gradients, squares } = parsed.data
  const settings = parseFtrlSettings(parsed.data.settings)
  const layout = {
    features: features.map(({ name, edges }) => ({ name, edges: edges && Float32Array.from(edges) })),
    hashBits: settings.hashBits,
  }
  const slotCount = slotCountOf(layout)
  if (gradients.length !== slots.length || squares.length !== slots.length) {
    throw invalid(`lists of ${slots.length}, ${gradients.length} and ${squares.length} slots`)
  }
  const outside = slots.find(slot => slot >= slotCount)
  if (outside !== undefined) throw invalid(`slot ${outside} of ${slotCount}`)
  const sums = makeSlotSums(slotCount)
  slots.forEach((slot, at) => {
    sums.gradients[slot] = gradients[at]
    sums.squares[slot] = squares[at]
    sums.weights[slot] = weightOf(slot, gradients[at], Math.sqrt(squares[at]), settings)
  })
  return { settings, layout, sums }
}

function invalid(what: string): MillraceError {
  return new MillraceError('BUNDLE_INVALID', `the saved learner must be what toJson wrote, got ${what}; train anew`)
}
