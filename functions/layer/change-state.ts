import { MillraceError } from '#models/errors.ts'
import type { ObjectStore } from '../ports.ts'
import type { LayerState } from './state.ts'
import { readState, type StoredState, writeState } from './store.ts'

/** A state before and after a change; one and the same where nothing was to change. */
export interface StateChange {
  readonly before: LayerState | undefined
  readonly after: LayerState | undefined
}

/** For whoever runs a command, and may run it again. */
const usualTries = 5

/**
 * Changes the state of a pipeline's layer by compare-and-swap: where another writer was first, `change` is asked again with what is there by then.
 *
 * @throws MillraceError STORE_FAILED, retryable, where others were first `triesAtMost` times
 * @example await changeState(store, 'flights', ({ state }) => state && toFrozen(state, Date.now()))
 */
export async function changeState(
  store: Pick<ObjectStore, 'get' | 'putIf'>,
  pipeline: string,
  change: (stored: StoredState) => LayerState | undefined | Promise<LayerState | undefined>,
  triesAtMost = usualTries,
): Promise<StateChange> {
  for (let attempt = 0; attempt < triesAtMost; attempt++) {
    const stored = await readState(store, pipeline)
    const after = await change(stored)
    if (after === undefined || after === stored.state) return { before: stored.state, after: stored.state }
    if (await writeState(store, pipeline, { state: after, etag: stored.etag })) return { before: stored.state, after }
  }
  const message = `the layer of ${pipeline} was written by another ${triesAtMost} times; nothing was changed, run it again`
  throw new MillraceError('STORE_FAILED', message, { retryable: true })
}
