import { HttpApi, HttpMethod, HttpStage, type IHttpRouteAuthorizer, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import * as logs from 'aws-cdk-lib/aws-logs'
import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { httpPathsOf } from '#models/topics.ts'
import { checkHttpStep } from './check-step.ts'
import { brokerStatement, dataStatements, networkInterfaceStatements, networkReason } from './kafka-grants.ts'
import type { Settings } from './setting-table.ts'
import { type StepContext, StepFunction } from './step-function.ts'
import { type HttpStepRow, pickTopics, toId } from './steps.ts'

/** Who may call: by IAM's signature, or by a token of an issuer. There is no third way, so no API is open. */
export type HttpAuth = { readonly kind: 'iam' } | { readonly kind: 'jwt'; readonly issuer: string; readonly audience: readonly string[] }

/**
 * A step that HTTP triggers: `POST /<path>` for each path that it offers, with an authorizer, a throttle and a log of accesses.
 *
 * Each path is a permission of its own, so that who may send events may not say what became of them, nor empty a table: for IAM the path's
 * ARN, for tokens the scope `<pipeline>/<path>`. The output `Permissions<Step>` names them.
 */
export class HttpStep extends Construct {
  readonly row: HttpStepRow
  readonly step: StepFunction

  constructor(
    scope: Construct,
    id: string,
    row: HttpStepRow,
    context: StepContext,
    options: { readonly auth: HttpAuth; readonly settings: Pick<Settings, 'httpLabels' | 'logDays' | 'requestsPerSec'> },
  ) {
    super(scope, id)
    checkHttpStep(row)
    this.row = row
    const { pipeline, cluster, settings } = context
    const topics = row.writes
      .flatMap(choice => pickTopics(context.topics, choice))
      .filter(({ kind }) => kind !== 'labels' || options.settings.httpLabels === 'on')
    const paths = httpPathsOf(topics).map(({ path }) => path)
    this.step = new StepFunction(this, 'Step', row, context, {
      ...cluster.network,
      ...(settings.concurrency === 'reserved' && { reservedConcurrentExecutions: row.concurrencyAtMost }),
      environment: { HTTP_PATHS: paths.join() },
    })
    const writes = topics.map(({ name }) => name)
    this.step.allow([brokerStatement(cluster), ...dataStatements(cluster, { reads: [], groups: [], writes })], 'none: topics are named')
    if (cluster.network) this.step.allow(networkInterfaceStatements(), networkReason)

    const stack = Stack.of(this)
    const apiName = `${stack.stackName}-${row.name}`
    const api = new HttpApi(this, 'Api', { apiName, description: `${pipeline}: ${row.name}`, createDefaultStage: false })
    const integration = new HttpLambdaIntegration('Function', this.step.function)
    const authorizer = makeAuthorizer(options.auth)
    const scopeOf = (path: string) => `${pipeline}/${path}` // as Cognito wants them: a resource server, and a scope of it
    for (const path of paths) {
      const scopes = options.auth.kind === 'jwt' && { authorizationScopes: [scopeOf(path)] }
      api.addRoutes({ path: `/${path}`, methods: [HttpMethod.POST], integration, authorizer, ...scopes })
    }
    const permissionOf = (path: string) =>
      options.auth.kind === 'jwt' ? scopeOf(path) : api.arnForExecuteApi('POST', `/${path}`, '$default')
    const permissions = Object.fromEntries(paths.map(path => [path, permissionOf(path)]))
    new CfnOutput(stack, `Permissions${toId(row.name)}`, { value: stack.toJsonString(permissions) })

    const { requestsPerSec, logDays } = options.settings
    const accesses = new logs.LogGroup(this, 'Accesses', { retention: logDays, removalPolicy: RemovalPolicy.DESTROY })
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      autoDeploy: true,
      throttle: { rateLimit: requestsPerSec, burstLimit: 2 * requestsPerSec },
      accessLogSettings: { destination: new LogGroupLogDestination(accesses) },
    })
    new CfnOutput(stack, `Url${toId(row.name)}`, { value: stage.url })
  }
}

function makeAuthorizer(auth: HttpAuth): IHttpRouteAuthorizer {
  if (auth.kind === 'iam') return new HttpIamAuthorizer()
  return new HttpJwtAuthorizer('Tokens', auth.issuer, { jwtAudience: [...auth.audience] })
}
