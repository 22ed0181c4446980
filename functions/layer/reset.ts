import type { Pipeline } from '#models/pipeline-compiler.ts'
import type { ObjectStore } from '../ports.ts'
import { changeState, type StateChange } from './change-state.ts'
import { startState } from './state.ts'
import { readNewestSnapshot, versionsApart, writeSnapshot } from './store.ts'

/**
 * Puts a layer that has learnt nothing in the place of the one that is there, which is kept as a snapshot first.
 *
 * The labels that the old one has learnt are not learnt again. A frozen layer is frozen no more: it would decide, having learnt nothing. In the place of
 * a broken state, which cannot be kept, it takes over the places of the newest snapshot. Where there is no state nothing is changed.
 */
export async function resetLayer(
  store: Pick<ObjectStore, 'get' | 'put' | 'putIf' | 'list'>,
  pipeline: Pick<Pipeline, 'name' | 'features' | 'definition' | 'layer'>,
): Promise<StateChange> {
  const changed = await changeState(store, pipeline.name, async ({ state, broken }) => {
    if (broken) {
      const snapshot = await readNewestSnapshot(store, pipeline.name)
      return { ...startState(pipeline, snapshot), frozenSinceMs: null, version: (snapshot?.version ?? 0) + versionsApart }
    }
    if (!state) return undefined
    await writeSnapshot(store, pipeline.name, state)
    return { ...startState(pipeline, state), frozenSinceMs: null, version: state.version + 1 }
  })
  // The newest snapshot is what adapt goes back to where a state breaks: it must not bring the old layer back
  if (changed.after) await writeSnapshot(store, pipeline.name, changed.after)
  return changed
}
