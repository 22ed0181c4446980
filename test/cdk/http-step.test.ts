import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkHttpStep } from '../../cdk/check-step.ts'
import { httpSteps } from '../../cdk/steps.ts'
import { existingArn, findStep, grantsOf, resourcesOf, synthesize, withInputs } from './template.ts'

const template = synthesize({ cluster: existingArn })
const routesOf = (of = template) => resourcesOf(of, 'AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties)

describe('collect', () => {
  it('takes events and labels by POST, from whom IAM allows', () => {
    assert.deepEqual(
      routesOf().map(route => [route.RouteKey, route.AuthorizationType]),
      [
        ['POST /events', 'AWS_IAM'],
        ['POST /labels', 'AWS_IAM'],
      ],
    )
  })
  it('takes tokens of one issuer for one audience where the setting says so', () => {
    const withTokens = synthesize({
      cluster: existingArn,
      collect: 'jwt',
      jwtIssuer: 'https://issuer.example.com',
      jwtAudience: 'millrace',
    })
    for (const route of routesOf(withTokens)) assert.equal(route.AuthorizationType, 'JWT')
    withTokens.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      JwtConfiguration: { Issuer: 'https://issuer.example.com', Audience: ['millrace'] },
    })
  })
  it('is throttled, and logs who called', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
    })
    assert.ok(resourcesOf(template, 'AWS::ApiGatewayV2::Stage')[0].Properties.AccessLogSettings)
  })
  it('may write its two topics, and nothing else', () => {
    assert.deepEqual(grantsOf(template, 'collect'), {
      'kafka-cluster:Connect': ['cluster'],
      'kafka-cluster:DescribeTopic': ['topic/flights.events', 'topic/flights.labels'],
      'kafka-cluster:WriteData': ['topic/flights.events', 'topic/flights.labels'],
      'kafka-cluster:WriteDataIdempotently': ['cluster'],
      'kafka:GetBootstrapBrokers': ['cluster'],
      'logs:CreateLogStream': ['Logs'],
      'logs:PutLogEvents': ['Logs'],
      'xray:PutTelemetryRecords': ['*'],
      'xray:PutTraceSegments': ['*'],
    })
  })
  it('takes the records of inputs too, and may write their topics', () => {
    const withPaths = synthesize({ cluster: existingArn }, undefined, withInputs)
    const suffixes = ['events', 'labels', 'gates', 'windReports', 'unused']
    assert.deepEqual(
      routesOf(withPaths).map(({ RouteKey }) => RouteKey),
      suffixes.map(suffix => `POST /${suffix}`),
    )
    assert.deepEqual(grantsOf(withPaths, 'collect')['kafka-cluster:WriteData'], suffixes.map(suffix => `topic/flights.${suffix}`).sort())
  })
  it('runs at most fifty times at once, since each holds connections to the brokers', () => {
    assert.equal(findStep(template, 'collect').properties.ReservedConcurrentExecutions, 50)
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
