import type { StateChange } from '#functions/layer/change-state.ts'
import { toMinute } from '../table.ts'

/** What a change did to a layer, for a program. */
export function toChangeJson(pipeline: string, { before, after }: StateChange) {
  return {
    pipeline,
    changed: before !== after,
    before: before?.version ?? null,
    version: after?.version ?? null,
    frozenSinceMs: after?.frozenSinceMs ?? null,
  }
}

export function toFreezeText(pipeline: string, { before, after }: StateChange): string {
  if (before === after) return `the layer of ${pipeline} is frozen since ${toMinute(after!.frozenSinceMs!)} already: nothing to change`
  return `the layer of ${pipeline} is frozen, as version ${after!.version}: it scores by what it knows and learns nothing`
}

export function toUnfreezeText(pipeline: string, { before, after }: StateChange): string {
  if (before === after) return `the layer of ${pipeline} is not frozen: nothing to change`
  return `the layer of ${pipeline} learns again, as version ${after!.version}, from the labels that come from now on`
}

export function toResetText(pipeline: string, { before, after }: StateChange): string {
  if (!after) return `the layer of ${pipeline} has no state: nothing to change`
  const kept = before ? `version ${before.version} is kept as a snapshot` : 'the state that was there is broken, and not kept'
  const frozen = before && before.frozenSinceMs !== null ? '; it is no longer frozen' : ''
  return `the layer of ${pipeline} begins anew, as version ${after.version}, and has learnt nothing; ${kept}${frozen}`
}
