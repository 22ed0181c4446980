import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import { CfnOutput, Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { PipelineTopic } from '#models/topics.ts'
import { acknowledgeWildcard } from './acknowledge.ts'
import type { Cluster } from './cluster.ts'
import type { Settings } from './setting-table.ts'
import { pickTopics, type Step, toId } from './steps.ts'
import type { StoreName, Stores } from './stores.ts'

/** What every step of a stack shares. */
export interface StepContext {
  readonly pipeline: string
  readonly topics: readonly PipelineTopic[]
  readonly settings: Pick<
    Settings,
    | 'architecture'
    | 'brokerAccess'
    | 'compression'
    | 'concurrency'
    | 'kafkaApi'
    | 'kafkaBrokers'
    | 'labelWindowSec'
    | 'logDays'
    | 'tracing'
    | 'windowSecAtMost'
  >
  readonly cluster: Cluster
  readonly stores: Stores
  /** The bundled code of a step, with `index.handler`. */
  readonly codeOf: (step: string) => lambda.Code
}

type FunctionOptions = Pick<
  lambda.FunctionOptions,
  'vpc' | 'vpcSubnets' | 'securityGroups' | 'reservedConcurrentExecutions' | 'retryAttempts' | 'maxEventAge' | 'onFailure'
> & { readonly environment?: Readonly<Record<string, string>> }

/** A step's function, its log group and a role that holds what the step's row names and nothing else. */
export class StepFunction extends Construct {
  readonly function: lambda.Function
  readonly role: iam.Role
  readonly logGroup: logs.LogGroup

  constructor(scope: Construct, id: string, step: Step, context: StepContext, options: FunctionOptions) {
    super(scope, id)
    const { pipeline, settings, cluster, stores } = context
    const uses = Object.entries(step.uses) as [StoreName, readonly string[]][]
    // A role of our own: Lambda's managed policies would allow every log group, and more of EC2 than is needed
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') })
    for (const [store, actions] of uses) {
      const allow = (some: readonly string[], under: readonly string[] = []) => {
        const prefixes = under.flatMap(prefix => toPrefixes(prefix, context))
        this.allow(stores.statements(store, some, prefixes), 'objects under one prefix: their names are not known before')
      }
      const putsUnder = step.putsUnder?.[store]
      if (putsUnder === undefined) allow(actions, step.under?.[store])
      else {
        allow(
          actions.filter(action => action !== 's3:PutObject'),
          step.under?.[store],
        )
        allow(['s3:PutObject'], putsUnder)
      }
    }
    this.logGroup = new logs.LogGroup(this, 'Logs', { retention: settings.logDays, removalPolicy: RemovalPolicy.DESTROY })
    this.logGroup.grantWrite(this.role)

    this.function = new lambda.Function(this, 'Function', {
      ...options,
      description: `${pipeline}: ${step.name}`,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: settings.architecture === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
      handler: 'index.handler',
      code: context.codeOf(step.name),
      memorySize: step.memoryMb,
      ...(step.diskMb !== undefined && { ephemeralStorageSize: Size.mebibytes(step.diskMb) }),
      timeout: Duration.seconds(step.timeoutSec),
      role: this.role,
      logGroup: this.logGroup,
      tracing: settings.tracing === 'on' ? lambda.Tracing.ACTIVE : lambda.Tracing.DISABLED,
      environment: {
        BROKER_ACCESS: settings.brokerAccess,
        CLUSTER_ARN: cluster.arn,
        KAFKA_API: settings.kafkaApi,
        KAFKA_AUTH: cluster.auth,
        ...(settings.kafkaBrokers !== undefined && { KAFKA_BROKERS: settings.kafkaBrokers }),
        KAFKA_COMPRESSION: settings.compression,
        ...Object.fromEntries(uses.map(([store]) => [store, stores.byName[store].value])),
        ...options.environment,
      },
    })
    if (settings.tracing === 'on') acknowledgeWildcard(this.role, '*', 'X-Ray takes no resource for the traces that the CDK lets it write')
    new CfnOutput(Stack.of(this), `Function${toId(step.name)}`, { value: this.function.functionName })
  }

  /** Adds permissions; `wildcardReason` says why those of them that hold a pattern may. */
  allow(statements: readonly iam.PolicyStatement[], wildcardReason: string): void {
    for (const statement of statements) {
      this.role.addToPolicy(statement)
      for (const resource of statement.resources) if (resource.endsWith('*')) acknowledgeWildcard(this.role, resource, wildcardReason)
    }
  }
}

/** The places that a row's prefix stands for. @example toPrefixes('<pipeline>.<input>/', context) // ['payments.limits/', 'payments.logins/'] */
function toPrefixes(prefix: string, { pipeline, topics }: StepContext): string[] {
  const named = prefix.replaceAll('<pipeline>', pipeline)
  return named.includes('<input>') ? pickTopics(topics, 'inputs').map(({ suffix }) => named.replaceAll('<input>', suffix)) : [named]
}
