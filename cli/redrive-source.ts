import type { Kafka } from 'kafkajs'
import type { ObjectStore } from '#functions/ports.ts'
import { type ClusterFlags, findOwnCluster } from './find-cluster.ts'
import { loadPipeline } from './load-pipeline.ts'
import { openCluster } from './open-cluster.ts'
import { openTopic } from './open-topic.ts'
import { readTopic, type Span, type TopicRecord } from './read-topic.ts'
import { readFailures } from './redrive-failures.ts'
import type { Found } from './redrive-records.ts'
import { readRejected } from './redrive-rejected.ts'
import { pickOutput, readStackOutputs, type StackOutputs } from './stack-outputs.ts'
import { openBucket, toStackName } from './stores.ts'

/** The flags that say where records were put aside, and where they go back to. */
export interface SourceFlags extends ClusterFlags {
  readonly from: string
  readonly pipeline: string
  readonly stack?: string
  readonly bucket?: string
  readonly archiveBucket?: string
}

interface ReadOptions {
  /** Whether a topic is there. */
  isTopic(name: string): boolean
  /** Whether a record of this place was put back by an earlier run. */
  isRedriven(place: string): boolean
  /** Told the share that was read, from 0 to 1. */
  readonly onRatio: (ratio: number) => void
}

/** Where records were put aside. */
export interface RedriveSource {
  /** The topic or the bucket. */
  readonly name: string
  /** What the ledger of it is called after. */
  readonly ledgerOf: string
  readonly kafka: Kafka
  read(options: ReadOptions): AsyncIterable<readonly Found[]>
}

/**
 * Opens what `--from` names, and the cluster that its records go back to.
 *
 * @throws MillraceError that says what to change
 */
export async function openSource(flags: SourceFlags): Promise<RedriveSource> {
  const { cluster, auth } = await findOwnCluster(flags)
  if (flags.from === 'failures') return openFailures(flags, () => openCluster(cluster, auth, async () => {}))
  const topic = flags.from === 'rejected' ? `${(await loadPipeline(flags.pipeline)).name}.rejected` : flags.from
  const kafka = await openTopic(cluster, auth, topic, '--from')
  const claims = openClaims(flags)
  return {
    name: topic,
    ledgerOf: topic,
    kafka,
    read: ({ isRedriven, onRatio }) => readRejected(readTopic({ kafka, topic, onRatio }), { claims, isRedriven }),
  }
}

async function openFailures(flags: SourceFlags, connect: () => Promise<Kafka>): Promise<RedriveSource> {
  const pipeline = await loadPipeline(flags.pipeline)
  const stackName = toStackName(flags, pipeline)
  const outputs = flags.bucket === undefined ? await readStackOutputs(stackName, { instead: 'the bucket of failures with --bucket' }) : {}
  const name = flags.bucket ?? pickOutput(outputs, 'FailuresBucketName', stackName)
  const bucket = openBucket(name)
  const kafka = await connect()
  return {
    name,
    ledgerOf: `${pipeline.name}.failures`,
    kafka,
    read: ({ isTopic, onRatio }) =>
      readFailures({
        bucket,
        fetch: async (topic, spans) => (isTopic(topic) ? await readAll(kafka, topic, spans) : []),
        stepOf: toStepNames(outputs),
        onRatio,
      }),
  }
}

/** The archive's bucket, looked up at the first rejection that needs it: most runs have none. */
function openClaims(flags: SourceFlags): Pick<ObjectStore, 'get'> {
  const open = async () => {
    if (flags.archiveBucket !== undefined) return openBucket(flags.archiveBucket)
    const stackName = toStackName(flags, await loadPipeline(flags.pipeline))
    const outputs = await readStackOutputs(stackName, { instead: 'the archive with --archive-bucket' })
    return openBucket(pickOutput(outputs, 'ArchiveBucketName', stackName))
  }
  let bucket: Promise<ObjectStore> | undefined
  return {
    async get(key) {
      bucket ??= open()
      return (await bucket).get(key)
    },
  }
}

async function readAll(kafka: Kafka, topic: string, spans: ReadonlyMap<number, Span>): Promise<TopicRecord[]> {
  const records: TopicRecord[] = []
  for await (const batch of readTopic({ kafka, topic, spans })) records.push(...batch)
  return records
}

/** The steps of a stack's functions by its outputs, `FunctionInfer` and so on; a function of no known stack keeps its own name. */
function toStepNames(outputs: StackOutputs): (functionName: string) => string {
  const steps = new Map(
    Object.entries(outputs).flatMap(([output, functionName]) => {
      const step = /^Function([A-Z]\w*)$/.exec(output)?.[1]
      return step === undefined ? [] : [[functionName, step.toLowerCase()] as const]
    }),
  )
  return functionName => steps.get(functionName) ?? functionName
}
