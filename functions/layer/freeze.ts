import { MillraceError } from '#models/errors.ts'
import type { ObjectStore } from '../ports.ts'
import { changeState, type StateChange } from './change-state.ts'
import type { LayerState } from './state.ts'
import type { StoredState } from './store.ts'

/** The state that learns nothing from now on; the same where it is frozen already. */
export function toFrozen(state: LayerState, nowMs: number): LayerState {
  return state.frozenSinceMs === null ? { ...state, version: state.version + 1, frozenSinceMs: nowMs } : state
}

/** The state that learns; the same where it does already. */
export function toUnfrozen(state: LayerState): LayerState {
  return state.frozenSinceMs === null ? state : { ...state, version: state.version + 1, frozenSinceMs: null }
}

/**
 * Lets a layer learn nothing from now on: it goes on scoring by what it knows, however old that becomes.
 *
 * @throws MillraceError ARGUMENT_INVALID where there is no state, PREREQUISITE_MISSING where it has learnt nothing, LAYER_INVALID where it is broken,
 * STORE_FAILED where it loses every race
 */
export function freezeLayer(store: Pick<ObjectStore, 'get' | 'putIf'>, pipeline: string, nowMs: number): Promise<StateChange> {
  return changeState(store, pipeline, stored => {
    const state = whole(stored, pipeline)
    if (state.learntAtMs > 0) return toFrozen(state, nowMs)
    const message = `the layer of ${pipeline} has learnt nothing yet: frozen, it would decide by what it does not know`
    throw new MillraceError('PREREQUISITE_MISSING', message)
  })
}

/** Lets a frozen layer learn again, with the labels that come from now on. Throws as `freezeLayer` does. */
export function unfreezeLayer(store: Pick<ObjectStore, 'get' | 'putIf'>, pipeline: string): Promise<StateChange> {
  return changeState(store, pipeline, stored => toUnfrozen(whole(stored, pipeline)))
}

function whole({ state, broken }: StoredState, pipeline: string): LayerState {
  if (broken) throw broken
  if (state) return state
  throw new MillraceError('ARGUMENT_INVALID', `the layer of ${pipeline} has no state yet: the step adapt begins one with the first label`)
}
