import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resourcesOf, synthesize } from './template.ts'

interface Trust {
  readonly Principal: { readonly Service: string }
  readonly Condition?: {
    readonly StringEquals: Readonly<Record<string, unknown>>
    readonly ArnLike: Readonly<Record<string, unknown>>
  }
}

const trusts = resourcesOf(synthesize({ onDestroy: 'delete' }), 'AWS::IAM::Role').flatMap(({ Properties }) => {
  return (Properties.AssumeRolePolicyDocument as { readonly Statement: readonly Trust[] }).Statement
})
const trustsOf = (service: string) => trusts.filter(({ Principal }) => Principal.Service === `${service}.amazonaws.com`)

describe('the roles of the stack', () => {
  it('are taken by Lambda, by the scheduler and by flow logs, and by nobody else', () => {
    assert.deepEqual([...new Set(trusts.map(({ Principal }) => Principal.Service))].sort(), [
      'lambda.amazonaws.com',
      'scheduler.amazonaws.com',
      'vpc-flow-logs.amazonaws.com',
    ])
  })
  for (const [service, count, source] of [
    ['scheduler', 3, /:scheduler:.*"AWS::AccountId".*":schedule-group\/default"/],
    ['vpc-flow-logs', 1, /:ec2:.*"AWS::AccountId".*":vpc-flow-log\/\*"/],
  ] as const) {
    it(`are taken by ${service} for resources of this account alone`, () => {
      const found = trustsOf(service)
      assert.equal(found.length, count)
      for (const { Condition } of found) {
        assert.deepEqual(Condition?.StringEquals, { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } })
        assert.match(JSON.stringify(Condition?.ArnLike['aws:SourceArn']), source)
      }
    })
  }
})
