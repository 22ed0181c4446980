import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { makeFailureSender } from '../../../localstack/event-source/destinations.ts'
import { parseMapping } from '../../../localstack/event-source/mappings.ts'
import { rules, unfollowedSettings } from '../../../localstack/event-source/rules.ts'
import { checkEventSource } from '../../checks/event-source-checks.ts'
import { makeScriptedFunction, type RunScenario } from '../../checks/event-source-scenario.ts'
import { collectingClients } from '../../collecting-clients.ts'
import { settle, startMemoryDelivery } from '../../memory-delivery.ts'

const envelope = { clusterArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/orders/1', brokers: '127.0.0.1:9092' }
const names = { toFunctionName: () => 'orders', toArn: () => undefined }

const run: RunScenario = async scenario => {
  const { settings, reading = 'from lowest' } = scenario
  const fixed = { FunctionName: { Ref: 'Orders' }, Topics: ['orders'], StartingPosition: 'TRIM_HORIZON' }
  const mapping = parseMapping('Orders', { ...fixed, ...settings }, names)
  const { clients, failures } = collectingClients()
  const committed = scenario.partitions.map(() => 0)
  const { invoke, observed } = makeScriptedFunction(scenario, () => [...committed])
  const { functionName, destination } = mapping
  const delivery = await startMemoryDelivery({
    mapping,
    envelope,
    reading,
    invoke,
    sendFailure: makeFailureSender({ mappingId: 'Orders', functionName, destination, envelope, clients }),
    onCommit: (partition, nextOffset) => {
      committed[partition] = nextOffset
    },
    partitions: scenario.partitions.map(records =>
      records.map(({ key, value, ageMs = 0 }, offset) => ({
        offset: String(offset),
        timestamp: String(Date.now() - ageMs),
        key: key === undefined ? null : Buffer.from(key),
        value: Buffer.from(value),
      })),
    ),
  })
  await settle(delivery)
  return { ...observed, committed, failures: failures() }
}

checkEventSource('the event source', run)

const toPattern = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
const testFolders = ['test/checks', 'test/local', 'test/localstack/event-source']

describe('the table of rules', () => {
  const root = path.join(import.meta.dirname, '../../..')
  const titles = testFolders
    .flatMap(folder => readdirSync(path.join(root, folder)).map(name => path.join(root, folder, name)))
    .filter(file => file.endsWith('.ts'))
    .flatMap(file => [...readFileSync(file, 'utf8').matchAll(/^ *(?:it\(|\[.*, )(['`])(.*?)\1[,\]]/gm)].map(([, , title]) => title))
    .map(
      title =>
        new RegExp(
          `^${title
            .split(/\$\{.*?\}+/)
            .map(toPattern)
            .join('.*')}$`,
        ),
    )
  for (const { rule, state, test, source } of rules) {
    it(`names a test that is there, and a page of AWS, for: ${rule}`, () => {
      if (state === 'done')
        assert.ok(
          titles.some(title => test !== undefined && title.test(test)),
          `no test is called: ${test}`,
        )
      assert.match(source, /^https:\/\/docs\.aws\.amazon\.com\//)
    })
  }
})

describe('unfollowedSettings', () => {
  it('names a setting whose rule is not followed', () => {
    assert.deepEqual(unfollowedSettings({ BatchSize: 7, SchemaRegistryConfig: {} }), ['SchemaRegistryConfig'])
  })
  it('passes over settings that are followed', () => {
    assert.deepEqual(unfollowedSettings({ MaximumRecordAgeInSeconds: -1, BisectBatchOnFunctionError: true }), [])
  })
})
