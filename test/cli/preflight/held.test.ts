import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readHeld } from '../../../cli/preflight/held.ts'

const template = JSON.stringify({ Resources: { Vpc: { Type: 'AWS::EC2::VPC', Properties: {} } } })

/** CloudFormation with a stack in this state; without one it refuses. */
const formation = (status?: string) => ({
  send: async (command: object) => {
    if (status === undefined) throw new Error('Stack with id x does not exist')
    return command.constructor.name === 'GetTemplateCommand' ? { TemplateBody: template } : { Stacks: [{ StackStatus: status }] }
  },
})

describe('readHeld', () => {
  const read = (status?: string) => readHeld(formation(status) as never, 'x', 'eu-central-1')
  it('is what the template of a deployed stack needs', async () => {
    for (const status of ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE'])
      assert.equal((await read(status))?.vpcs, 1, status)
  })
  it('is nothing where the first deployment was rolled back or never made, though its template is there', async () => {
    for (const status of ['ROLLBACK_COMPLETE', 'REVIEW_IN_PROGRESS', undefined]) assert.equal(await read(status), undefined, status)
  })
})
