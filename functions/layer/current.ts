import { openLayer } from '#models/layer/layer.ts'
import { makeRowReader, type ScoredRow } from '#models/layer/row-reader.ts'
import { traceParts } from '#models/layer/shape.ts'
import { toTraceText } from '#models/layer/trace.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { yesNoLink } from '#models/task/yes-no/link.ts'
import type { ObjectStore } from '../ports.ts'
import type { LayerScore } from '../records.ts'
import { fits, isStale, type LayerState, shapeOf } from './state.ts'
import { readState } from './store.ts'

/** A state that scores: a batch that holds it is scored by this one, whatever is learnt meanwhile. */
export interface CurrentLayer {
  readonly version: number
  score(row: ScoredRow): LayerScore
}

/** Why there is no layer. */
export type LayerAbsence = 'off' | 'none' | 'broken' | 'other definition' | 'stale' | 'unread'

type Layout = Pick<Pipeline, 'name' | 'features' | 'definition' | 'layer'>

/** Of a score in a record, which is paid for by the byte. */
const scoreDigits = 6

/** A layer over a state. */
export function openCurrentLayer(pipeline: Omit<Layout, 'name'>, { version, numbers }: LayerState): CurrentLayer {
  const shape = shapeOf(pipeline)
  const layer = openLayer(shape, yesNoLink, numbers)
  const read = makeRowReader(pipeline.features)
  const trace = new Float32Array(traceParts(shape).length)
  return {
    version,
    score(row) {
      const score = Number(layer.score(read(row), trace, 0).toPrecision(scoreDigits))
      return { version, score, trace: toTraceText(shape, yesNoLink, trace) }
    },
  }
}

/**
 * Looks for the layer's state at most every `checkEveryMs`. Where none can be had, the champion's score stands alone: the answer says why, and
 * so does one report of each reason in a row.
 *
 * A state that could not be read this time serves on until it is stale; a frozen one never is.
 *
 * @example
 * const layerNow = makeCurrentLayer({ pipeline, store, checkEveryMs: 1000, nowMs: Date.now, report: log })
 * const layer = await layerNow()
 * if (typeof layer !== 'string') layer.score({ atMs, championScore, features })
 */
export function makeCurrentLayer(ports: {
  readonly pipeline: Layout
  readonly store: Pick<ObjectStore, 'get'>
  readonly checkEveryMs: number
  readonly nowMs: () => number
  readonly report: (what: { readonly kind: 'layer'; readonly reason: string }) => void
}): () => Promise<CurrentLayer | LayerAbsence> {
  const { pipeline, store, checkEveryMs, nowMs, report } = ports
  const { layer: plan } = pipeline
  if (!plan) return async () => 'off'
  let lookedAtMs = Number.NEGATIVE_INFINITY
  let reported = ''
  let serving: { readonly state: LayerState; readonly layer: CurrentLayer } | undefined
  let absence: LayerAbsence = 'none'

  async function look(): Promise<string> {
    const { state, broken } = await readState(store, pipeline.name)
    if (state && fits(pipeline, state)) {
      if (state.version !== serving?.state.version) serving = { state, layer: openCurrentLayer(pipeline, state) }
      return ''
    }
    serving = undefined
    absence = broken ? 'broken' : state ? 'other definition' : 'none'
    return broken?.message ?? (state ? `version ${state.version} is of another definition` : '')
  }

  return async () => {
    if (nowMs() - lookedAtMs >= checkEveryMs) {
      lookedAtMs = nowMs()
      const reason = await look().catch((error: Error) => {
        if (!serving) absence = 'unread'
        return error.message
      })
      if (reason !== reported && reason !== '') report({ kind: 'layer', reason })
      reported = reason
    }
    if (!serving) return absence
    return isStale(serving.state, plan.staleAfterMs, nowMs()) ? 'stale' : serving.layer
  }
}
