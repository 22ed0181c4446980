import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { type Deployment, deploy } from '../../localstack/deploy.ts'
import { type Emulator, startEmulator } from '../../localstack/emulator.ts'
import { readDeployedNames } from '../../localstack/event-source/deployed-names.ts'
import { readMappings } from '../../localstack/event-source/mappings.ts'
import { logsFolder } from '../../localstack/folders.mjs'

const second = 'test/local/second-pipeline.ts'

describe('deploy, to an emulator', () => {
  let emulator: Emulator
  const deployments: Deployment[] = []
  const deployOne = (pipelineName: string, pipelineFile: string) =>
    deploy({ pipelineName, pipelineFile, clusterArn: emulator.clusterArn, env: emulator.env })
  before(async () => {
    emulator = await startEmulator({ brokers: '127.0.0.1:19092' }) // nothing is polled here
    Object.assign(process.env, emulator.env)
    deployments.push(await deployOne('flights', 'models/pipeline.ts'), await deployOne('second', second))
  })
  after(() => emulator?.stop())

  it('puts two definitions side by side, each with stores of its own', () => {
    const [flights, other] = deployments.map(({ outputs }) => Object.values(outputs))
    assert.deepEqual(
      flights.filter(value => other.includes(value)),
      [],
    )
  })
  it('gives them topics, groups and functions of their own', async () => {
    const [flights, other] = await Promise.all(
      deployments.map(async ({ stackName, template }) => {
        return readMappings(template, await readDeployedNames(new CloudFormationClient(), stackName, emulator.clusterArn))
      }),
    )
    assert.equal(flights.length, other.length)
    for (const part of ['topic', 'groupId', 'functionName'] as const) {
      const taken = new Set(flights.map(mapping => mapping[part]))
      for (const mapping of other) assert.ok(!taken.has(mapping[part]), mapping[part])
    }
    assert.deepEqual([...new Set(flights.flatMap(({ unfollowed }) => unfollowed))], [])
  })
  it('changes nothing when nothing has changed', async () => {
    await deployOne('second', second)
    assert.match(await readFile(path.join(logsFolder, 'deploy.log'), 'utf8'), /no changes/)
  })
})
