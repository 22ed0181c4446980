import { fits, isStale, type LayerState, shapeOf } from '#functions/layer/state.ts'
import { listSnapshots, readSnapshot, readState } from '#functions/layer/store.ts'
import type { ObjectStore } from '#functions/ports.ts'
import { describeMembers, openLayer } from '#models/layer/layer.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { yesNoLink } from '#models/task/yes-no/link.ts'

/** How a layer is: what infer and adapt make of it at this moment. */
export type LayerStatus = 'off' | 'none' | 'broken' | 'other definition' | 'frozen' | 'stale' | 'learning'

/** A pipeline's layer, for an operator. */
export interface LayerView {
  readonly pipeline: string
  readonly status: LayerStatus
  /** Why there is no state to be read; null where there is. */
  readonly problem: string | null
  readonly version: number | null
  /** Labels of rows that the layer had scored, of which the losses are. */
  readonly labels: number
  readonly learntAtMs: number | null
  readonly ageMs: number | null
  /** From which age on the champion decides alone; null where the layer is off. */
  readonly staleAfterMs: number | null
  readonly frozenSinceMs: number | null
  readonly champion: string | null
  /** Mean losses a label: of the champion, of the layer as it had predicted, and of the layer as of the label's release. Null before the first. */
  readonly losses: { readonly champion: number; readonly layer: number; readonly release: number } | null
  /** Null where its numbers cannot be read. */
  readonly members: readonly { readonly name: string; readonly weight: number }[] | null
  readonly snapshots: { readonly count: number; readonly oldest: { readonly version: number; readonly learntAtMs: number | null } | null }
}

const nothing = {
  problem: null,
  version: null,
  labels: 0,
  learntAtMs: null,
  ageMs: null,
  frozenSinceMs: null,
  champion: null,
  losses: null,
  members: null,
  snapshots: { count: 0, oldest: null },
}

/** Looks at a pipeline's layer. What is wrong with it is a value. */
export async function readLayerView(
  { pipeline, models }: { readonly pipeline: Pipeline; readonly models: Pick<ObjectStore, 'get' | 'list'> },
  nowMs: number,
): Promise<LayerView> {
  const { name, layer: plan } = pipeline
  const unknown = { ...nothing, pipeline: name, staleAfterMs: plan?.staleAfterMs ?? null }
  if (!plan) return { ...unknown, status: 'off' }
  const { state, broken } = await readState(models, name)
  const snapshots = await readSnapshots(models, name)
  if (!state) return { ...unknown, status: broken ? 'broken' : 'none', problem: broken?.message ?? null, snapshots }
  const { version, totals, frozenSinceMs, champion } = state
  const learntAtMs = state.learntAtMs > 0 ? state.learntAtMs : null
  const isOwn = fits(pipeline, state)
  return {
    ...unknown,
    status: isOwn ? toStatus(state, plan.staleAfterMs, nowMs) : 'other definition',
    version,
    labels: totals.labels,
    learntAtMs,
    ageMs: learntAtMs === null ? null : nowMs - learntAtMs,
    frozenSinceMs,
    champion: champion?.version ?? null,
    losses: toLosses(totals),
    members: isOwn ? readMembers(pipeline, state) : null,
    snapshots,
  }
}

function toStatus(state: LayerState, staleAfterMs: number, nowMs: number): LayerStatus {
  if (state.frozenSinceMs !== null) return 'frozen'
  return isStale(state, staleAfterMs, nowMs) ? 'stale' : 'learning'
}

function toLosses({ labels, champion, layer, release }: LayerState['totals']): LayerView['losses'] {
  return labels === 0 ? null : { champion: champion / labels, layer: layer / labels, release: release / labels }
}

function readMembers(pipeline: Pipeline, { numbers }: LayerState): LayerView['members'] {
  const shape = shapeOf(pipeline)
  const weights = openLayer(shape, yesNoLink, numbers.slice()).readWeights()
  return describeMembers(shape).map((name, at) => ({ name, weight: weights[at] }))
}

async function readSnapshots(models: Pick<ObjectStore, 'get' | 'list'>, pipeline: string): Promise<LayerView['snapshots']> {
  const versions = await listSnapshots(models, pipeline)
  if (versions.length === 0) return { count: 0, oldest: null }
  const [version] = versions
  const oldest = await readSnapshot(models, pipeline, version).catch(() => undefined) // broken: its number is known all the same
  return { count: versions.length, oldest: { version, learntAtMs: oldest && oldest.learntAtMs > 0 ? oldest.learntAtMs : null } }
}
