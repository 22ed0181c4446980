import { definePipeline } from '#models/define.ts'
import { number, text, timeMs } from '#models/fields.ts'

/** A definition with a stack of its own, beside the flights'. */
export const pipeline = definePipeline({
  name: 'second',
  event: { id: text(), atMs: timeMs(), amount: number() },
  id: 'id',
  time: 'atMs',
  features: { amount: event => event.amount },
  label: {
    fields: { id: text(), knownAtMs: timeMs(), isBad: number() },
    id: 'id',
    time: 'knownAtMs',
    isPositive: label => label.isBad === 1,
    arrivesWithinMs: 86_400_000,
  },
  retrain: { everyMs: 3_600_000, windowMs: 86_400_000 },
  decide: { positiveAtLeast: 0.5 },
})
