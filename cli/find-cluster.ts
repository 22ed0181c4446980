import { type Command, Option } from 'commander'
import { type KafkaAuth, regionOfCluster } from '#functions/adapters/kafka-client.ts'
import { MillraceError } from '#models/errors.ts'
import { parseBrokers } from './flags/parse-brokers.ts'
import { loadPipeline } from './load-pipeline.ts'
import type { Cluster } from './open-cluster.ts'
import { pickOutput } from './stack-outputs.ts'
import { type Deployment, readDeployment } from './status/deployment.ts'
import { toStackName } from './stores.ts'

/** The flags that say which cluster, and how to sign in there. */
export interface ClusterFlags {
  readonly brokers?: string
  readonly clusterArn?: string
  readonly auth?: KafkaAuth
}

/** A cluster, and how to sign in there. */
export interface ClusterPlace {
  readonly cluster: Cluster
  readonly auth: KafkaAuth
}

/** What is added to an error where the cluster could not be found by the stack. */
const otherWay = 'or name the brokers with --brokers HOST:PORT'

export function addClusterFlags(command: Command): Command {
  return command
    .option('--brokers <host:port,...>', 'the brokers of a Kafka cluster (default: those of the stack)', parseBrokers)
    .addOption(new Option('--cluster-arn <arn>', 'or an MSK cluster, which names its brokers').conflicts('brokers'))
    .addOption(
      new Option('--auth <way>', 'how to sign in (default: none with --brokers, iam with --cluster-arn, else as the stack does)').choices([
        'iam',
        'none',
      ]),
    )
}

/**
 * The cluster that the flags name, or else the one that the stack is deployed for, where one signs in as the stack's functions do.
 *
 * `readStack` is called only where no flag names a cluster.
 *
 * @throws ARGUMENT_INVALID for what is no ARN; what `readStack` throws, with the flag that does without a stack
 */
export async function findCluster(
  { brokers, clusterArn, auth }: ClusterFlags,
  readStack: () => Promise<Pick<Deployment, 'outputs' | 'auth'>>,
): Promise<ClusterPlace> {
  if (brokers !== undefined) return { cluster: { brokers }, auth: auth ?? 'none' }
  if (clusterArn !== undefined) {
    regionOfCluster(clusterArn)
    return { cluster: { clusterArn }, auth: auth ?? 'iam' }
  }
  try {
    const deployed = await readStack()
    return { cluster: { clusterArn: pickOutput(deployed.outputs, 'ClusterArn', 'of the definition') }, auth: auth ?? deployed.auth }
  } catch (cause) {
    if (!(cause instanceof MillraceError)) throw cause
    throw new MillraceError(cause.code, `${cause.message}; ${otherWay}`, { cause })
  }
}

/** `findCluster` by the stack of the definition that the flags name, for a command that needs nothing else of it. */
export function findOwnCluster(flags: ClusterFlags & { readonly pipeline?: string; readonly stack?: string }): Promise<ClusterPlace> {
  return findCluster(flags, async () => {
    const pipeline = await loadPipeline(flags.pipeline)
    return readDeployment(toStackName(flags, pipeline), pipeline.name)
  })
}
