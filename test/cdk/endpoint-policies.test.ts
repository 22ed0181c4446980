import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { list, resourcesOf, synthesize, toShort } from './template.ts'

const modes = {
  provisioned: synthesize({}),
  serverless: synthesize({ cluster: 'serverless' }),
  'on-demand': synthesize({ pollers: 'on-demand' }),
}

interface Statement {
  readonly Effect: string
  readonly Principal: Readonly<Record<string, string>>
  readonly Action: string | readonly string[]
  readonly Resource: unknown
  readonly Condition?: unknown
}

const ofThisAccount = { StringEquals: { 'aws:PrincipalAccount': { Ref: 'AWS::AccountId' } } }

/** The statements of the endpoint of a service. */
function statementsOf(mode: keyof typeof modes, service: string): readonly Statement[] {
  const [{ Properties }] = resourcesOf(modes[mode], 'AWS::EC2::VPCEndpoint').filter(endpoint =>
    JSON.stringify(endpoint.Properties.ServiceName).endsWith(`.${service}"]]}`),
  )
  return (Properties.PolicyDocument as { readonly Statement: readonly Statement[] }).Statement
}

/** What may be done, on what, in short form. */
const allowedBy = (statements: readonly Statement[]) =>
  Object.fromEntries(statements.map(({ Action, Resource }) => [list(Resource).map(toShort).join(' '), list(Action)]))

const waitingActions = ['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'PutItem', 'Query'].map(name => `dynamodb:${name}`)

describe('the endpoints of a VPC that is made', () => {
  for (const mode of Object.keys(modes) as (keyof typeof modes)[]) {
    it(`all have a policy, which allows no action but by its name, ${mode}`, () => {
      for (const { Properties } of resourcesOf(modes[mode], 'AWS::EC2::VPCEndpoint')) {
        for (const { Effect, Action } of (Properties.PolicyDocument as { readonly Statement: readonly Statement[] }).Statement) {
          assert.equal(Effect, 'Allow')
          for (const action of list(Action)) assert.match(action, /^\w+:\w+$/)
        }
      }
    })
    it(`let roles of this account to the buckets of the stack, for what steps do there, ${mode}`, () => {
      const ours = statementsOf(mode, 's3').filter(({ Condition }) => Condition !== undefined)
      for (const { Condition } of ours) assert.deepEqual(Condition, ofThisAccount)
      assert.deepEqual(allowedBy(ours), {
        'ModelBucket ModelBucket/*': ['s3:GetObject', 's3:ListBucket', 's3:PutObject'],
        'ArchiveBucket ArchiveBucket/*': ['s3:PutObject'],
        'FailuresBucket FailuresBucket/*': ['s3:ListBucket', 's3:PutObject'],
      })
    })
    it(`let them to the tables of the stack, for what steps do there, ${mode}`, () => {
      const statements = statementsOf(mode, 'dynamodb')
      for (const { Condition } of statements) assert.deepEqual(Condition, ofThisAccount)
      assert.deepEqual(allowedBy(statements), {
        StateTable: ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
        PredictionsTable: ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem'],
        CountersTable: ['dynamodb:BatchGetItem', 'dynamodb:PutItem'],
        'WaitingTable WaitingTable/index/due': waitingActions,
      })
    })
    it(`let them publish alerts, and ask for the brokers of this cluster, ${mode}`, () => {
      const [alerts, brokers] = [statementsOf(mode, 'sns'), statementsOf(mode, 'kafka-api')]
      assert.deepEqual(allowedBy(alerts), { AlertsTopic: ['sns:Publish'] })
      assert.equal(brokers.length, 1)
      assert.equal(brokers[0].Action, 'kafka:GetBootstrapBrokers')
      assert.match(JSON.stringify(brokers[0].Resource), /:kafka:.*"AWS::AccountId".*":cluster\/Millrace-flights\/\*"/)
      for (const { Condition } of [...alerts, ...brokers]) assert.deepEqual(Condition, ofThisAccount)
    })
  }
  it('let the maker of topics answer CloudFormation, in the bucket that AWS has for it in the region', () => {
    const [{ Action, Resource }] = statementsOf('provisioned', 's3').filter(({ Condition }) => Condition === undefined)
    assert.equal(Action, 's3:PutObject')
    const region = { 'Fn::Join': ['', { 'Fn::Split': ['-', { Ref: 'AWS::Region' }] }] } // it goes without dashes there
    assert.deepEqual(Resource, {
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::cloudformation-custom-resource-response-', region, '/*']],
    })
  })
  it('let Lambda itself, and nobody else, call functions and take roles for pollers on demand', () => {
    for (const [service, action] of [
      ['lambda', 'lambda:InvokeFunction'],
      ['sts', 'sts:AssumeRole'],
    ]) {
      assert.deepEqual(statementsOf('on-demand', service), [
        { Action: action, Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Resource: '*' },
      ])
    }
  })
})
