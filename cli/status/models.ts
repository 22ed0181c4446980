import type { ObjectStore } from '#functions/ports.ts'
import { type ModelView, readRegistry } from '../registry/read-registry.ts'

/** A model in service. */
export interface ServingModel {
  readonly role: 'champion' | 'challenger' | 'shadow'
  readonly version: string
  readonly sinceMs: number | null
  /** The challenger's share of the keys, 0 to 1. */
  readonly share: number | null
  /** Why it cannot serve; null where it can. */
  readonly problem: string | null
}

/** The last model that a retrain made. */
export interface LastRetrain {
  readonly version: string
  readonly trainedAtMs: number
  readonly rowCount: number
  /** Null where no decision is kept. */
  readonly promoted: boolean | null
  readonly reason: string | null
}

export interface ModelsStatus {
  readonly serving: readonly ServingModel[]
  /** Null where there is no model yet. */
  readonly lastRetrain: LastRetrain | null
  /** Why the pointer to the champion cannot be read. */
  readonly problem: string | null
}

const roles = ['champion', 'challenger', 'shadow'] as const

/** Models among which the newest is looked for: a look at a pipeline of any age is some dozens of calls. */
const newestAtMost = 10

/** The models in service, and the newest of all. A run that trained nothing leaves no model, so it is not seen here. */
export async function readModels(store: Pick<ObjectStore, 'get' | 'list'>, pipeline: string): Promise<ModelsStatus> {
  const { models, pointerProblem } = await readRegistry(store, pipeline, newestAtMost)
  const serving = roles.flatMap(role =>
    models.filter(model => model.role === role).map(({ version, sinceMs, share, problem }) => ({ role, version, sinceMs, share, problem })),
  )
  const newest = models.findLast(({ manifest }) => manifest !== null) // they come oldest first
  return { serving, lastRetrain: newest ? toLastRetrain(newest) : null, problem: pointerProblem }
}

function toLastRetrain({ version, manifest, decision }: ModelView): LastRetrain | null {
  if (!manifest) return null
  const { trainedAtMs, training } = manifest
  return { version, trainedAtMs, rowCount: training.rowCount, promoted: decision?.promote ?? null, reason: decision?.reason ?? null }
}
