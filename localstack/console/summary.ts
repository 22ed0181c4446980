import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { s3Store } from '#functions/adapters/s3.ts'
import { type BundleDecision, readDecisions } from '#functions/bundles/decision.ts'
import type { Manifest } from '#functions/bundles/manifest.ts'
import { type ChampionPointer, readManifests, readPointer } from '#functions/bundles/registry.ts'
import { readTallies } from '#functions/counters/read.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import type { BinaryQuality } from '#models/task/yes-no/quality.ts'
import { type TopicSuffix, topicName } from '#models/topics.ts'
import type { Deployment } from '../deploy.ts'
import type { MappingStatus } from '../event-source/status.ts'
import type { Staleness } from '../replay/label-clock.ts'
import type { ReplayCounts } from '../replay/replay.ts'
import { type DriftReport, toDriftReport } from './drift.ts'
import { type LayerQuality, measureLatest, measureLayer } from './latest.ts'
import type { Observed } from './observer.ts'
import { type LiveQuality, type ModelQuality, toLiveQuality, toModelQuality } from './quality.ts'

/** What a run came to; `--json` writes it as it is. */
export interface Summary {
  readonly pipeline: string
  readonly eventsPublished: number
  readonly labelsPublished: number
  readonly corrupted: number
  /** Distinct ids. */
  readonly predictions: number
  readonly predictionsRepeated: number
  readonly predictionsUnscored: number
  /** Rejected events. */
  readonly rejected: number
  readonly rejectedLabels: number
  readonly rejectedByCode: Readonly<Record<string, number>>
  /** Distinct ids. */
  readonly labelsJoined: number
  /**
   * Events that are neither predicted nor rejected: 0, or something was lost, or not processed yet where the run was stopped. Below 0 by the
   * predictions of events that somebody else published meanwhile.
   */
  readonly unaccounted: number
  /** Whether the run was stopped before all of it was processed. */
  readonly stopped: boolean
  readonly bundles: readonly BundleSummary[]
  readonly bundlesWhileStreaming: number
  /** Labelled rows at which the first model is trained, as the definition says. */
  readonly firstModelAtRows: number
  /** Why the last run of retrain made no model, in its own words; null where it made one, or has not run. */
  readonly notTrained: string | null
  readonly championHistory: ChampionPointer['history']
  readonly metricsByModel: readonly ModelQuality[]
  /** All scores that counted, champion's and challenger's, taken together. */
  readonly live: LiveQuality
  /** The last events by their own time, at most 50,000 scored ones. */
  readonly latest: BinaryQuality | null
  /** Bare champion and layer over the labelled events that both scored; null where there are none. */
  readonly layer: LayerQuality | null
  /** What happened around the change of `--drift-at`; null without one. */
  readonly drift: DriftReport | null
  readonly archivedObjects: number
  readonly archivedObjectsByTopic: Readonly<Record<string, number>>
  /** From the first event sent to the last one accounted for. */
  readonly seconds: number
  readonly eventsPerSecond: number
  readonly startupSeconds: number
  /** How far, in event time, the windows over labels were behind when events were published; null where nothing was held back for them. */
  readonly windowsStaleMs: Staleness | null
  readonly drained: boolean
  /** Records that the event source gave up, each time for each step; they lie in the failures bucket. */
  readonly putAside: number
  /** How often the consumer of each mapping crashed and started again, by its group. */
  readonly restartsByGroup: Readonly<Record<string, number>>
}

type BundleSummary = Pick<Manifest, 'version' | 'trainer' | 'holdout' | 'contenders' | 'training' | 'trainedAtMs'> & {
  /** Null where none is kept beside the bundle. */
  readonly decision: BundleDecision | null
}

const archivedTopics: readonly TopicSuffix[] = ['events', 'labels', 'predictions', 'feedback']

/** Events of `latest`: three days of flights. */
const latestEvents = 50_000

/** Collects the summary from the stores of the deployment, as an operator could. */
export async function readSummary(parts: {
  readonly pipeline: Pick<Pipeline, 'name' | 'decide' | 'retrain'>
  readonly deployment: Deployment
  readonly observed: Observed
  readonly mappings: readonly MappingStatus[]
  readonly published: ReplayCounts
  readonly startupSeconds: number
  readonly seconds: number
  readonly streamEndMs: number
  readonly drained: boolean
  readonly stopped: boolean
  readonly notTrained: string | null
}): Promise<Summary> {
  const { name: pipeline, decide, retrain } = parts.pipeline
  const { positiveAtLeast } = decide
  const { deployment, observed, published, startupSeconds, seconds, streamEndMs, drained, stopped, notTrained } = parts
  const { changedAtMs = null } = published
  const { outputs } = deployment
  const models = s3Store(outputs.ModelBucketName)
  const archive = s3Store(outputs.ArchiveBucketName)
  const manifests = await readManifests(models, pipeline)
  const decisions = await readDecisions(
    models,
    pipeline,
    manifests.map(({ version }) => version),
  )
  const tallies = await readTallies(dynamoCounters(outputs.CountersTableName))
  const objectCounts = await Promise.all(
    archivedTopics.map(async suffix => [suffix, (await archive.list(`${topicName(pipeline, suffix)}/`)).length] as const),
  )
  return {
    pipeline,
    eventsPublished: published.eventsPublished,
    labelsPublished: published.labelsPublished,
    corrupted: published.corrupted,
    predictions: observed.predictions,
    predictionsRepeated: observed.predictionsRepeated,
    predictionsUnscored: observed.unscored,
    rejected: observed.rejectedEvents,
    rejectedLabels: observed.rejectedOthers,
    rejectedByCode: observed.rejectedByCode,
    labelsJoined: observed.labelsJoined,
    unaccounted: published.eventsPublished - observed.predictions - observed.rejectedEvents,
    stopped,
    bundles: manifests.map(({ version, trainer, holdout, contenders, training, trainedAtMs }) => {
      return { version, trainer, holdout, contenders, decision: decisions.get(version) ?? null, training, trainedAtMs }
    }),
    bundlesWhileStreaming: manifests.filter(manifest => manifest.trainedAtMs <= streamEndMs).length,
    firstModelAtRows: retrain.when.firstAtRows,
    notTrained,
    championHistory: (await readPointer(models, pipeline)).champion?.history ?? [],
    metricsByModel: toModelQuality(tallies),
    live: toLiveQuality(tallies),
    latest: measureLatest(observed.outcomes, latestEvents, positiveAtLeast),
    layer: measureLayer(observed.outcomes, positiveAtLeast),
    drift: changedAtMs === null ? null : toDriftReport(observed.outcomes, { changedAtMs, models: manifests }),
    archivedObjects: objectCounts.reduce((sum, [, count]) => sum + count, 0),
    archivedObjectsByTopic: Object.fromEntries(objectCounts),
    seconds,
    eventsPerSecond: published.eventsPublished / seconds,
    startupSeconds,
    windowsStaleMs: published.staleness ?? null,
    drained,
    putAside: parts.mappings.reduce((sum, { discarded }) => sum + discarded, 0),
    restartsByGroup: Object.fromEntries(parts.mappings.map(({ groupId, restarts }) => [groupId, restarts])),
  }
}
