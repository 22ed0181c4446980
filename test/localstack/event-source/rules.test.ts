import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConsumerEvents } from '../../../localstack/event-source/consumer.ts'
import { startDelivery } from '../../../localstack/event-source/delivery.ts'
import { makeFailureSender } from '../../../localstack/event-source/destinations.ts'
import { parseMapping } from '../../../localstack/event-source/mappings.ts'
import type { ConsumedRecord } from '../../../localstack/event-source/msk-event.ts'
import { rules, unfollowedSettings } from '../../../localstack/event-source/rules.ts'
import { checkEventSource, makeScriptedFunction, type Observed, type RunScenario } from '../../checks/event-source-checks.ts'
import { collectingClients } from '../../collecting-clients.ts'

const envelope = { clusterArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/orders/1', brokers: '127.0.0.1:9092' }
const names = { toFunctionName: () => 'orders', toArn: () => undefined }

/** A delivery over partitions in memory: everything but Kafka and Lambda is the real thing. */
const run: RunScenario = async scenario => {
  const { partitions, settings, reading = 'from lowest' } = scenario
  const mapping = parseMapping(
    'Orders',
    { FunctionName: { Ref: 'Orders' }, Topics: ['orders'], StartingPosition: 'TRIM_HORIZON', ...settings },
    names,
  )
  const committed = partitions.map(() => 0)
  const { invoke, observed } = makeScriptedFunction(scenario, () => [...committed])
  const { clients, failures } = collectingClients()
  let events: ConsumerEvents | undefined
  const delivery = await startDelivery({
    mapping,
    partitionCount: partitions.length,
    envelope,
    reading,
    invoke,
    sendFailure: makeFailureSender({ mappingId: 'Orders', functionName: 'orders', destination: mapping.destination, envelope, clients }),
    retryWaitMs: () => 1,
    report: () => {},
    async startConsumer(given) {
      events = given
      given.onAssigned([...partitions.keys()], true)
      return {
        pause: () => () => {},
        resume: () => {},
        disconnect: async () => {},
        commitOffsets: async commits => {
          for (const { partition, offset } of commits) committed[partition] = Number(offset)
        },
      }
    },
  })
  for (const [partition, records] of partitions.entries()) {
    const consumed = records.map(
      ({ key, value, ageMs = 0 }, offset): ConsumedRecord => ({
        offset: String(offset),
        timestamp: String(Date.now() - ageMs),
        key: key === undefined ? null : Buffer.from(key),
        value: Buffer.from(value),
      }),
    )
    events?.onRecords(partition, consumed as Parameters<ConsumerEvents['onRecords']>[1])
  }
  const total = partitions.flat().length
  const isSettled = ({ records, discarded, filtered } = delivery.status()) => records + discarded + filtered === total
  while (!isSettled()) await delay(1)
  await delivery.stop()
  return { ...observed, committed, failures: failures() } satisfies Observed
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
