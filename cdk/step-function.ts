import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Cluster } from './cluster.ts'
import { type Step, toId } from './steps.ts'
import type { StoreName, Stores } from './stores.ts'

/** What every step of a stack shares. */
export interface StepContext {
  readonly pipeline: string
  readonly cluster: Cluster
  readonly stores: Stores
  readonly architecture: 'x86_64' | 'arm64'
  /** The bundled code of a step, with `index.handler`. */
  readonly codeOf: (step: string) => lambda.Code
}

/** A step's function, its log group and a role that holds what the step's row names and nothing else. */
export class StepFunction extends Construct {
  readonly function: lambda.Function
  readonly role: iam.Role

  constructor(
    scope: Construct,
    id: string,
    step: Step,
    context: StepContext,
    options: Pick<
      lambda.FunctionOptions,
      'vpc' | 'vpcSubnets' | 'securityGroups' | 'reservedConcurrentExecutions' | 'retryAttempts' | 'maxEventAge'
    >,
  ) {
    super(scope, id)
    const uses = Object.entries(step.uses) as [StoreName, readonly string[]][]
    // A role of our own: Lambda's managed policies would allow every log group, and more of EC2 than is needed
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') })
    for (const [store, actions] of uses) this.role.addToPolicy(context.stores.statement(store, actions))
    const logGroup = new logs.LogGroup(this, 'Logs', { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY })
    logGroup.grantWrite(this.role)

    this.function = new lambda.Function(this, 'Function', {
      ...options,
      description: `${context.pipeline}: ${step.name}`,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: context.architecture === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
      handler: 'index.handler',
      code: context.codeOf(step.name),
      memorySize: step.memoryMb,
      timeout: Duration.seconds(step.timeoutSec),
      role: this.role,
      logGroup,
      environment: {
        CLUSTER_ARN: context.cluster.arn,
        KAFKA_AUTH: context.cluster.auth,
        ...Object.fromEntries(uses.map(([store]) => [store, context.stores.byName[store].value])),
      },
    })
    new CfnOutput(Stack.of(this), `Function${toId(step.name)}`, { value: this.function.functionName })
  }
}
