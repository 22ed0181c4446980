import { type BundleDecision, readDecision } from '#functions/bundles/decision.ts'
import { type Manifest, parseManifest } from '#functions/bundles/manifest.ts'
import { type ChampionPointer, readPointer } from '#functions/bundles/registry.ts'
import type { ObjectStore } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'
import { nearestNames } from './nearest.ts'

/** What a model does now: serves in a role, served as champion before, or neither. */
export type Role = 'champion' | 'challenger' | 'shadow' | 'former' | 'none'

/** A model version as an operator sees it. */
export interface ModelView {
  readonly version: string
  readonly role: Role
  /** Since when it has the role; of a former champion, since when it last was one. */
  readonly sinceMs: number | null
  /** The challenger's share of the keys, 0 to 1. */
  readonly share: number | null
  /** Null where the bundle is gone or broken: `problem` says which. */
  readonly manifest: Manifest | null
  /** Null where none is kept: the model was not made by retrain, or its writer died. */
  readonly decision: BundleDecision | null
  readonly problem: string | null
}

/** All models of a pipeline, oldest first, and the pointer to those in service. */
export interface Registry {
  readonly pointer: ChampionPointer | null
  /** Why the pointer cannot be read; null where it can, or where there is none. */
  readonly pointerProblem: string | null
  readonly models: readonly ModelView[]
}

type ReadStore = Pick<ObjectStore, 'get' | 'list'>

/** Versions that retrain names, by the time of the last row it trained on. */
const retrainedShape = /^\d{8}T\d{4}-/

/**
 * Reads the pointer and every bundle's manifest; one that is broken is a row that says so, and hides none of the others.
 *
 * @param newest reads of the models that do not serve only so many of retrain's and as many others, the last by their names: a year has 1,460
 */
export async function readRegistry(store: ReadStore, pipeline: string, newest = Number.POSITIVE_INFINITY): Promise<Registry> {
  const versions = await listVersions(store, pipeline)
  const { pointer, pointerProblem } = await readPointerOrProblem(store, pipeline)
  const inService = pointer ? [pointer.version, pointer.shadow?.version, pointer.challenger?.version] : []
  const gone = inService.filter(version => version !== undefined && !versions.includes(version)) as string[]
  const [retrained, others] = [true, false].map(is => versions.filter(version => retrainedShape.test(version) === is))
  const wanted = [
    ...last(retrained, newest),
    ...last(others, newest),
    ...versions.filter(version => inService.includes(version)),
    ...gone,
  ] as string[]
  const models = await Promise.all([...new Set(wanted)].map(version => readModel(store, pipeline, version, pointer)))
  return { pointer, pointerProblem, models: models.sort((a, b) => trainedAtMs(a) - trainedAtMs(b)) }
}

const last = (versions: readonly string[], count: number) => versions.slice(Math.max(0, versions.length - count))

/** Every version that has an object, in the order of their names. */
export async function listVersions(store: Pick<ObjectStore, 'list'>, pipeline: string): Promise<string[]> {
  const prefix = `bundles/${pipeline}/`
  return [...new Set((await store.list(prefix)).map(key => key.slice(prefix.length).split('/')[0]))]
}

/**
 * Refuses a version that the registry does not have, naming those most like it.
 *
 * @throws ARGUMENT_INVALID
 */
export async function checkVersion(store: Pick<ObjectStore, 'list'>, pipeline: string, version: string): Promise<void> {
  const versions = await listVersions(store, pipeline)
  if (versions.includes(version)) return
  const hint =
    versions.length === 0
      ? 'it has none yet'
      : `did you mean ${nearestNames(version, versions, 3).join(', ')}? \`millrace models\` lists all`
  throw new MillraceError('ARGUMENT_INVALID', `pipeline ${pipeline} has no model ${version}; ${hint}`)
}

async function readPointerOrProblem(store: ReadStore, pipeline: string): Promise<Pick<Registry, 'pointer' | 'pointerProblem'>> {
  try {
    return { pointer: (await readPointer(store, pipeline)).champion, pointerProblem: null }
  } catch (error) {
    if (!(error instanceof MillraceError && error.code === 'BUNDLE_INVALID')) throw error
    return { pointer: null, pointerProblem: error.message }
  }
}

async function readModel(store: ReadStore, pipeline: string, version: string, pointer: ChampionPointer | null): Promise<ModelView> {
  const about = { version, ...toRole(pointer, version) }
  const stored = await store.get(`bundles/${pipeline}/${version}/manifest.json`)
  if (!stored) return { ...about, manifest: null, decision: null, problem: 'no manifest: the bundle is gone, or was never finished' }
  const manifest = orProblem(() => parseManifest(stored.body))
  if (typeof manifest === 'string') return { ...about, manifest: null, decision: null, problem: manifest }
  const decision = await readDecision(store, pipeline, version).catch(toProblem)
  return typeof decision === 'string'
    ? { ...about, manifest, decision: null, problem: decision }
    : { ...about, manifest, decision: decision ?? null, problem: null }
}

function orProblem<T>(parse: () => T): T | string {
  try {
    return parse()
  } catch (error) {
    return toProblem(error)
  }
}

/** What is wrong with a part of a bundle, as text; a store that failed is another matter and goes on as an error. */
function toProblem(error: unknown): string {
  if (error instanceof MillraceError && error.code === 'BUNDLE_INVALID') return error.message
  throw error
}

function toRole(pointer: ChampionPointer | null, version: string): Pick<ModelView, 'role' | 'sinceMs' | 'share'> {
  const { shadow, challenger } = pointer ?? {}
  if (pointer?.version === version) return { role: 'champion', sinceMs: pointer.sinceMs, share: null }
  if (challenger?.version === version) return { role: 'challenger', sinceMs: challenger.sinceMs, share: challenger.share }
  if (shadow?.version === version) return { role: 'shadow', sinceMs: shadow.sinceMs, share: null }
  const last = pointer?.history.findLast(entry => entry.version === version)
  return last ? { role: 'former', sinceMs: last.sinceMs, share: null } : { role: 'none', sinceMs: null, share: null }
}

function trainedAtMs({ manifest }: ModelView): number {
  return manifest?.trainedAtMs ?? Number.POSITIVE_INFINITY
}
