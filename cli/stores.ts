import type { Command } from 'commander'
import { s3Store } from '#functions/adapters/s3.ts'
import type { ObjectStore } from '#functions/ports.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { loadPipeline } from './load-pipeline.ts'
import { pickOutput, readStackOutputs, type StackOutputs } from './stack-outputs.ts'
import { tellingStore } from './store-failure.ts'

/** The flags by which a command finds a pipeline and its stores. */
export interface StoreFlags {
  readonly pipeline?: string
  readonly stack?: string
  readonly bucket?: string
}

/** A pipeline and its registry of models. */
export interface ModelStore {
  readonly pipeline: Pipeline
  readonly models: ObjectStore
}

/** How the stores are found, for the help of each command. */
export const storeNotes = `
The model bucket is --bucket, or the output ModelBucketName of the CloudFormation stack (default: Millrace-<pipeline>). Credentials and
region are AWS's usual ones; AWS_ENDPOINT_URL leads to an emulator.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, or nothing there that could be meant: no such stack or version, no champion.`

export function addStoreFlags(command: Command): Command {
  return command
    .option('--pipeline <file>', "the definition (default: this repository's models/pipeline.ts)")
    .option('--stack <name>', 'the deployed stack that names the buckets (default: Millrace-<pipeline>)')
    .option('--bucket <name>', 'the model bucket, instead of a stack')
}

/** The stack that a pipeline is deployed as. */
export function toStackName({ stack }: StoreFlags, pipeline: { readonly name: string }): string {
  return stack ?? `Millrace-${pipeline.name}`
}

/** The buckets of models and of the archive: as named, the rest by the stack. */
export async function findBuckets(
  flags: StoreFlags & { readonly archiveBucket?: string },
  pipeline: { readonly name: string },
): Promise<{ readonly modelBucket: string; readonly archiveBucket: string }> {
  const { bucket, archiveBucket } = flags
  const stackName = toStackName(flags, pipeline)
  const outputs: StackOutputs =
    bucket && archiveBucket ? {} : await readStackOutputs(stackName, { instead: 'the buckets with --bucket and --archive-bucket' })
  return {
    modelBucket: bucket ?? pickOutput(outputs, 'ModelBucketName', stackName),
    archiveBucket: archiveBucket ?? pickOutput(outputs, 'ArchiveBucketName', stackName),
  }
}

/** A bucket by its name. */
export function openBucket(bucket: string): ObjectStore {
  return tellingStore(bucket, s3Store(bucket))
}

/**
 * The pipeline of the flags and its model bucket.
 *
 * @throws ARGUMENT_INVALID or STORE_FAILED that say what to change
 */
export async function openModels(flags: StoreFlags): Promise<ModelStore> {
  const pipeline = await loadPipeline(flags.pipeline)
  const stackName = toStackName(flags, pipeline)
  const bucket =
    flags.bucket ??
    pickOutput(await readStackOutputs(stackName, { instead: 'its model bucket with --bucket' }), 'ModelBucketName', stackName)
  return { pipeline, models: openBucket(bucket) }
}
