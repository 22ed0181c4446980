import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkHttpStep } from '../../cdk/check-step.ts'
import { httpSteps } from '../../cdk/steps.ts'
import { existingArn, findStep, grantsOf, resourcesOf, synthesize, withInputs } from './template.ts'

const template = synthesize({ cluster: existingArn })
const withLabels = synthesize({ cluster: existingArn, httpLabels: 'on' })
const tokens = { collect: 'jwt', jwtIssuer: 'https://issuer.example.com', jwtAudience: 'millrace', httpLabels: 'on' }
const withTokens = synthesize({ cluster: existingArn, ...tokens }, undefined, withInputs)
const routesOf = (of = template) => resourcesOf(of, 'AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties)
const pathsOf = (of: typeof template) => routesOf(of).map(({ RouteKey }) => String(RouteKey).replace('POST /', ''))
const offersOf = (of: typeof template) => (findStep(of, 'collect').properties.Environment as Env).Variables.HTTP_PATHS
type Env = { readonly Variables: { readonly HTTP_PATHS: string } }

/** The output that names each path's permission, with what CloudFormation fills in as words. */
const permissionsOf = (of: typeof template): unknown => {
  const [, parts] = of.findOutputs('PermissionsCollect').PermissionsCollect.Value['Fn::Join'] ?? ['', []]
  const text = of.findOutputs('PermissionsCollect').PermissionsCollect.Value
  return JSON.parse(
    typeof text === 'string' ? text : parts.map((part: string | { Ref: string }) => (typeof part === 'string' ? part : part.Ref)).join(''),
  )
}

describe('collect', () => {
  it('takes events by POST, from whom IAM allows, and nothing else', () => {
    assert.deepEqual(
      routesOf().map(route => [route.RouteKey, route.AuthorizationType]),
      [['POST /events', 'AWS_IAM']],
    )
  })
  it('takes labels where the setting says so', () => {
    assert.deepEqual(pathsOf(withLabels), ['events', 'labels'])
  })
  it('is told which paths it has', () => {
    assert.equal(offersOf(template), 'events')
    assert.equal(offersOf(withLabels), 'events,labels')
    assert.equal(offersOf(withTokens), 'events,labels,gates,gates.removals,windReports,unused')
  })
  it('takes tokens of one issuer for one audience where the setting says so', () => {
    for (const route of routesOf(withTokens)) assert.equal(route.AuthorizationType, 'JWT')
    withTokens.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      JwtConfiguration: { Issuer: 'https://issuer.example.com', Audience: ['millrace'] },
    })
  })
  it('asks of a token the scope of the one path, and names it in the output', () => {
    const scopes = routesOf(withTokens).map(({ AuthorizationScopes }) => AuthorizationScopes)
    const paths = ['events', 'labels', 'gates', 'gates.removals', 'windReports', 'unused']
    assert.deepEqual(
      scopes,
      paths.map(path => [`flights/${path}`]),
    )
    assert.deepEqual(permissionsOf(withTokens), Object.fromEntries(paths.map(path => [path, `flights/${path}`])))
  })
  it('names in the output the ARN by which IAM allows each path', () => {
    const arns = permissionsOf(withLabels) as Readonly<Record<string, string>>
    assert.deepEqual(Object.keys(arns), ['events', 'labels'])
    for (const [path, arn] of Object.entries(arns)) {
      assert.match(arn, new RegExp(`^arn:AWS::Partition:execute-api:.+:AWS::AccountId:CollectApi\\w+/\\$default/POST/${path}$`))
    }
  })
  it('may be called by its own API alone', () => {
    const permissions = resourcesOf(withLabels, 'AWS::Lambda::Permission')
    assert.equal(permissions.length, 2)
    for (const { Properties } of permissions)
      assert.match(JSON.stringify(Properties.SourceArn), /execute-api:.*"AWS::AccountId".*"CollectApi\w+".*\/\*\/\*\/(events|labels)"/)
  })
  it('is throttled, and logs who called', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
    })
    assert.ok(resourcesOf(template, 'AWS::ApiGatewayV2::Stage')[0].Properties.AccessLogSettings)
  })
  it('may write the topics of its paths, and nothing else', () => {
    assert.deepEqual(grantsOf(template, 'collect')['kafka-cluster:WriteData'], ['topic/flights.events'])
    assert.deepEqual(grantsOf(withLabels, 'collect'), {
      'kafka-cluster:Connect': ['cluster'],
      'kafka-cluster:DescribeTopic': ['topic/flights.events', 'topic/flights.labels'],
      'kafka-cluster:WriteData': ['topic/flights.events', 'topic/flights.labels'],
      'kafka-cluster:WriteDataIdempotently': ['cluster'],
      'kafka:GetBootstrapBrokers': ['cluster'],
      'logs:CreateLogStream': ['Logs'],
      'logs:PutLogEvents': ['Logs'],
    })
  })
  it('takes the records of inputs too, each on a path of its own, and the removal of a row on another', () => {
    const of = synthesize({ cluster: existingArn }, undefined, withInputs)
    assert.deepEqual(pathsOf(of), ['events', 'gates', 'gates.removals', 'windReports', 'unused'])
    const topics = ['events', 'gates', 'unused', 'windReports'].map(suffix => `topic/flights.${suffix}`)
    assert.deepEqual(grantsOf(of, 'collect')['kafka-cluster:WriteData'], topics)
  })
  it('runs at most fifty times at once where concurrency is reserved, since each holds connections to the brokers', () => {
    assert.equal(
      findStep(synthesize({ cluster: existingArn, concurrency: 'reserved' }), 'collect').properties.ReservedConcurrentExecutions,
      50,
    )
  })
  it('is not there where the setting says so', () => {
    synthesize({ cluster: existingArn, collect: 'off' }).resourceCountIs('AWS::ApiGatewayV2::Api', 0)
  })
})

describe('checkHttpStep', () => {
  it('rejects a timeout that the API does not wait for', () => {
    assert.throws(
      () => checkHttpStep({ ...httpSteps[0], timeoutSec: 30 }),
      /collect.timeoutSec must be a whole number from 1 to 29, got 30/,
    )
  })
})
