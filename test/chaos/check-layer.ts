import { s3Store } from '#functions/adapters/s3.ts'
import { toFeedbackValue } from '#functions/archive/feedback-row.ts'
import { decodeOwn } from '#functions/layer/own-feedback.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { checkLayer } from '../../cli/layer/check.ts'
import type { Deployment } from '../../localstack/deploy.ts'
import { readArchived } from './faults/read-archived.ts'

/** What a layer has learnt, held against the archive. */
export interface LayerFindings {
  readonly labelsLearnt: number
  readonly layerVersions: number
  /** Where the state is not the one that the archive's labels make, each learnt once; in words. */
  readonly layerDiffers: readonly string[]
}

/** How long the archive may take to hold what was learnt last. */
const archiveWaitMs = 120_000

/** Makes the layer of a deployment again from the archive, to the bit, and counts the labels that it should have learnt. */
export async function findLayer(pipeline: Pipeline, outputs: Deployment['outputs']): Promise<LayerFindings> {
  const archive = s3Store(outputs.ArchiveBucketName)
  const models = s3Store(outputs.ModelBucketName)
  const { labels, versions, isSame, missing, notArchived } = await checkLayer({ pipeline, models, archive }, { waitMs: archiveWaitMs })
  const places = new Set<string>()
  for (const row of await readArchived(archive, topicName(pipeline.name, 'feedback'))) {
    const own = decodeOwn(pipeline, { value: toFeedbackValue(pipeline, row) })
    if (typeof own !== 'string') places.add(`${own.labelSource.partition}-${own.labelSource.offset}`)
  }
  const layerDiffers = [
    ...(isSame ? [] : ['layer: its state is not what the archive makes of its labels']),
    ...missing.map(span => `layer: ${span.join(' ')} of feedback was learnt and is not archived`),
    ...(notArchived > 0 ? [`layer: ${notArchived} versions were not compared`] : []),
    ...(labels === places.size ? [] : [`layer: ${labels} labels were learnt of ${places.size}`]),
  ]
  return { labelsLearnt: labels, layerVersions: versions, layerDiffers }
}
