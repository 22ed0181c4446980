import { setTimeout as sleep } from 'node:timers/promises'
import type { ArchiveStore } from '#functions/archived/list-hours.ts'
import { type Chapter, isSameState, readChapters, recompute, type Span } from '#functions/layer/recompute.ts'
import { fits, type LayerState } from '#functions/layer/state.ts'
import { listSnapshots, readSnapshot, readState } from '#functions/layer/store.ts'
import type { ObjectStore } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { makeArchiveReader } from '../replay/archive-reader.ts'
import { type Absence, type ArchivedFeedback, openArchivedFeedback } from './archived-feedback.ts'
import { checkHasLayer } from './has-layer.ts'

export interface CheckPorts {
  readonly pipeline: Pick<Pipeline, 'name' | 'features' | 'definition' | 'layer'>
  readonly models: Pick<ObjectStore, 'get' | 'list'>
  readonly archive: ArchiveStore
  /** Clock time; of this machine if absent. */
  readonly nowMs?: () => number
}

export interface CheckOptions {
  /** How long the archive may take to hold what the state has learnt; not at all if absent. */
  readonly waitMs?: number
  /** How many of the newest chapters; all if absent. */
  readonly chaptersAtMost?: number | undefined
  readonly signal?: AbortSignal
  readonly onProgress?: (versions: number, total: number) => void
}

/** A stretch of a layer's life, and whether its labels made it what it is. */
export interface ChapterCheck {
  /** The version that it begins with; null: a layer that has learnt nothing. */
  readonly from: number | null
  readonly to: number
  /** Versions that were learnt again, and those that were left out since their records are not archived yet. */
  readonly versions: number
  readonly notArchived: number
  readonly records: number
  readonly labels: number
  /** Whether numbers and totals are the same to the bit; null where versions were left out. */
  readonly isSame: boolean | null
  /** Spans of partition, first and last offset in `feedback` that were learnt and that the archive lacks. */
  readonly missing: readonly Span[]
}

export interface LayerCheck {
  /** The version that was checked. */
  readonly version: number
  /** Oldest first. */
  readonly chapters: readonly ChapterCheck[]
  /** The snapshot before the oldest chapter, of which nothing is known any more; null: the life is known from its beginning, or no more chapters were asked for. */
  readonly unknownBefore: number | null
  /** Why that one cannot be read although it is kept; null otherwise. */
  readonly broken: string | null
  readonly versions: number
  readonly notArchived: number
  readonly records: number
  readonly labels: number
  /** Whether something was compared, and all that was is the same to the bit. */
  readonly isSame: boolean
  readonly missing: readonly Span[]
}

/** The step archive keeps a record within a minute: one that is not there so long after it was looked at is missing. */
const archivedWithinMs = 600_000
const lookEveryMs = 2_000

/**
 * Makes a layer's state again from the archive, and compares.
 *
 * The archive is up to a minute behind. Versions whose records it does not hold yet are waited for, and then left out with the rest of their chapter.
 *
 * @throws MillraceError ARGUMENT_INVALID where there is no layer, LAYER_INVALID where its state is broken or of another definition, FILE_INVALID
 * where an object of the archive is
 * @example const { isSame, missing } = await checkLayer({ pipeline, models, archive })
 */
export async function checkLayer(ports: CheckPorts, options: CheckOptions = {}): Promise<LayerCheck> {
  const { pipeline, models } = ports
  const state = await readOwnState(ports)
  const chapters = await readChapters(models, pipeline.name, state, options.chaptersAtMost)
  const isCut = chapters.length === options.chaptersAtMost
  const unknownBefore = (isCut ? null : chapters.length > 0 ? chapters[0].from?.origin : state.origin) ?? null
  const feedback = await awaitArchive(ports, chapters, options)
  const total = chapters.reduce((sum, { log }) => sum + log.length, 0)
  const checks: ChapterCheck[] = []
  for (const chapter of chapters) {
    const before = sum(checks, 'versions')
    checks.push(await checkChapter(ports, chapter, feedback, versions => options.onProgress?.(before + versions, total)))
  }
  return {
    version: state.version,
    chapters: checks,
    unknownBefore,
    broken: unknownBefore === null ? null : await findFault(models, pipeline.name, unknownBefore),
    versions: sum(checks, 'versions'),
    notArchived: sum(checks, 'notArchived'),
    records: sum(checks, 'records'),
    labels: sum(checks, 'labels'),
    isSame: checks.some(({ isSame }) => isSame) && checks.every(({ isSame }) => isSame !== false),
    missing: checks.flatMap(({ missing }) => missing),
  }
}

const sum = (checks: readonly ChapterCheck[], name: 'versions' | 'notArchived' | 'records' | 'labels') =>
  checks.reduce((total, check) => total + check[name], 0)

async function readOwnState({ pipeline, models }: CheckPorts): Promise<LayerState> {
  checkHasLayer(pipeline)
  const { state, broken } = await readState(models, pipeline.name)
  if (broken) throw broken
  if (!state) throw new MillraceError('ARGUMENT_INVALID', `the layer of ${pipeline.name} has no state yet`)
  if (fits(pipeline, state)) return state
  const message = `version ${state.version} of the layer is of another definition or of other settings: check it with those, with --pipeline`
  throw new MillraceError('LAYER_INVALID', message)
}

/** Why a snapshot that is kept cannot be read; null where it is kept no more. */
async function findFault(models: CheckPorts['models'], pipeline: string, version: number): Promise<string | null> {
  if (!(await listSnapshots(models, pipeline)).includes(version)) return null
  return await readSnapshot(models, pipeline, version).then(
    () => null,
    (error: Error) => error.message,
  )
}

/** Whether what a chapter ends with is so new that it may not be archived yet; a version that learnt nothing is as new as its records. */
function mayBeLate({ nowMs = Date.now }: CheckPorts, { to }: Chapter): boolean {
  const newestMs = Math.max(to.learntAtMs, ...Object.values(to.offsets).map(({ newestMs }) => newestMs))
  return nowMs() - newestMs < archivedWithinMs
}

const isArchived = (feedback: ArchivedFeedback, [, spans]: Chapter['log'][number]) =>
  spans.every(([partition, , last]) => last < feedback.nextOffset(partition))

async function awaitArchive(
  ports: CheckPorts,
  chapters: readonly Chapter[],
  { waitMs = 0, signal }: CheckOptions,
): Promise<ArchivedFeedback> {
  const late = chapters.filter(chapter => mayBeLate(ports, chapter))
  for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
    const feedback = await openArchivedFeedback(makeArchiveReader(ports.archive), ports.pipeline)
    if (late.every(({ log }) => log.every(version => isArchived(feedback, version)))) return feedback
    if (waitedMs >= waitMs || signal?.aborted) return feedback
    await sleep(Math.min(lookEveryMs, waitMs))
  }
}

async function checkChapter(
  ports: CheckPorts,
  chapter: Chapter,
  feedback: ArchivedFeedback,
  onVersion: (versions: number) => void,
): Promise<ChapterCheck> {
  const { from, log, to } = chapter
  const firstLate = mayBeLate(ports, chapter) ? log.findIndex(version => !isArchived(feedback, version)) : -1
  const archived = firstLate < 0 ? log : log.slice(0, firstLate)
  const absent: Absence[] = []
  let [versions, records] = [0, 0]
  const again = await recompute(
    ports.pipeline,
    { from, log: archived },
    {
      read: async spans => {
        const found = await feedback.read(spans)
        absent.push(...found.absent)
        records += found.records.length
        return found.records
      },
      onVersion: () => onVersion(++versions),
    },
  )
  const isSame = firstLate < 0 ? isSameState(again, to) && isSameTotals(again, to) : null
  return {
    from: from?.version ?? null,
    to: to.version,
    versions,
    notArchived: log.length - archived.length,
    records,
    labels: again.labels,
    isSame,
    // Where the same came out, what lies within a span and is not there has taught nothing
    missing: absent.filter(({ isEnd }) => isEnd || isSame === false).map(({ span }) => span),
  }
}

function isSameTotals({ totals: a }: Pick<LayerState, 'totals'>, { totals: b }: Pick<LayerState, 'totals'>): boolean {
  return a.labels === b.labels && a.champion === b.champion && a.layer === b.layer && a.release === b.release
}
