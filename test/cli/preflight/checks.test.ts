import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Account } from '../../../cli/preflight/account.ts'
import { checkAccount } from '../../../cli/preflight/checks.ts'
import { readNeeds, subtractNeeds } from '../../../cli/preflight/needs.ts'
import { existingArn, synthesize } from '../../cdk/template.ts'

const region = 'us-east-1'
const needsOf = (context: Readonly<Record<string, unknown>>) => readNeeds(synthesize(context).toJSON(), region)
const read = <T>(value: T) => ({ ok: true, value }) as const

const open = ['us-east-1a', 'us-east-1b', 'us-east-1c']
const services = ['aws.api.us-east-1.kafka-api', 'com.amazonaws.us-east-1.sns']
/** An account that has room for everything. */
const roomy: Account = {
  concurrency: read({ limit: 1_000, unreserved: 1_000 }),
  vpcs: read({ inUse: 1, quota: 5 }),
  gatewayEndpoints: read({ inUse: 0, quota: 20 }),
  interfaceEndpoints: read({ inUse: 0, quota: 50 }),
  elasticIps: read({ inUse: 0, quota: 5 }),
  networkInterfaces: read({ inUse: 10, quota: 5_000 }),
  brokers: read({ inUse: 0, quota: 90 }),
  serverlessClusters: read({ inUse: 0, quota: 10 }),
  zones: read({ open, usual: open }),
  services: read(new Map(services.map(service => [service, open]))),
}

const notOk = (context: Readonly<Record<string, unknown>>, account: Partial<Account>) =>
  checkAccount(needsOf(context), { ...roomy, ...account }).filter(({ verdict }) => verdict !== 'ok')

describe('readNeeds', () => {
  it('counts what the default stack takes', () => {
    const { busyExecutions, networkInterfaces, ...counts } = needsOf({})
    assert.deepEqual(counts, {
      vpcs: 1,
      gatewayEndpoints: 2,
      interfaceEndpoints: 2,
      elasticIps: 0,
      brokers: 3,
      serverlessClusters: 0,
      reservedExecutions: 0,
      zones: { count: 3 },
      services,
    })
    assert.equal(networkInterfaces, 2 * 3 + 3 + 3 + 3) // endpoints, brokers, functions and pollers in three subnets
    const mappings = Object.keys(synthesize({}).findResources('AWS::Lambda::EventSourceMapping')).length
    assert.equal(busyExecutions, mappings + 3 + 1) // clocks, and the path of events
  })
  it('counts addresses of ways out, zones by name, and executions that are reserved', () => {
    const { elasticIps, zones, reservedExecutions } = needsOf({ natGateways: '2', zones: 'us-east-1b,us-east-1d', concurrency: 'reserved' })
    assert.deepEqual([elasticIps, zones], [2, { count: 2, names: ['us-east-1b', 'us-east-1d'] }])
    assert.ok(reservedExecutions > 50)
  })
  it('counts no network and no broker of an existing cluster', () => {
    const { vpcs, brokers, networkInterfaces, zones } = needsOf({ cluster: existingArn })
    assert.deepEqual([vpcs, brokers, networkInterfaces, zones.count], [0, 0, 0, 0])
  })
  it('rejects what is no template', () => {
    assert.throws(() => readNeeds({}, region), { code: 'FILE_INVALID', message: /no template of CloudFormation resources/ })
  })
})

describe('subtractNeeds', () => {
  it('needs of a stack that is there only what is added', () => {
    const { vpcs, brokers, zones } = subtractNeeds(needsOf({ brokerCount: '6' }), needsOf({}))
    assert.deepEqual([vpcs, brokers, zones.count], [0, 3, 3])
  })
})

describe('checkAccount', () => {
  it('finds a roomy account in order, and names no quota that the stack does not need', () => {
    const checks = checkAccount(needsOf({}), roomy)
    assert.ok(checks.every(({ verdict, note }) => verdict === 'ok' && note === ''))
    assert.ok(!checks.some(({ what }) => /elastic|serverless|reserved/.test(what)))
  })
  it('takes the default stack in a fresh account with ten executions, and says that steps will wait', () => {
    const [{ what, quota, verdict, note }, ...others] = notOk({}, { concurrency: read({ limit: 10, unreserved: 10 }) })
    assert.deepEqual([what, quota, verdict, others], ['executions while every step works', 10, 'tight', []])
    assert.match(note, /^it deploys, and steps wait for each other/)
  })
  for (const [limit, verdict] of [
    [10, 'short'],
    [50, 'short'],
    [200, 'short'],
    [1_000, 'ok'],
  ] as const) {
    it(`finds reserved concurrency ${verdict} in an account of ${limit}: a hundred stay unreserved, or all of fewer`, () => {
      const context = { concurrency: 'reserved' }
      const [reserved] = checkAccount(needsOf(context), { ...roomy, concurrency: read({ limit, unreserved: limit }) })
      assert.deepEqual([reserved.what, reserved.verdict], ['reserved executions of Lambda', verdict])
    })
  }
  for (const [part, what, context] of [
    ['vpcs', 'VPCs', {}],
    ['gatewayEndpoints', 'gateway endpoints', {}],
    ['elasticIps', 'elastic IP addresses', { natGateways: '1' }],
    ['networkInterfaces', 'network interfaces', {}],
    ['brokers', 'MSK brokers', {}],
    ['serverlessClusters', 'MSK serverless clusters', { cluster: 'serverless' }],
  ] as const) {
    it(`finds ${what} short where they are all taken, and says what to do`, () => {
      const [check, ...others] = notOk(context, { [part]: read({ inUse: 5, quota: 5 }) })
      assert.deepEqual([check.what, check.inUse, check.quota, check.verdict, others], [what, 5, 5, 'short', []])
      assert.match(check.note, /^have the quota raised/)
    })
  }
  it('finds a third zone missing in a region that has two', () => {
    const two = open.slice(0, 2)
    const zones = read({ open: two, usual: two })
    assert.deepEqual(notOk({}, { zones })[0], {
      what: 'zones',
      needed: 3,
      inUse: null,
      quota: 2,
      verdict: 'short',
      note: 'deploy with -c zones=2',
    })
    assert.deepEqual(notOk({ zones: '2' }, { zones }), [])
  })
  it('finds zones missing without default subnets, as CloudFormation does, and names those that are open', () => {
    const [check] = notOk({}, { zones: read({ open, usual: open.slice(0, 2) }) })
    assert.deepEqual(
      [check.what, check.quota, check.note],
      ['zones', 2, 'name zones that are open: -c zones=… of us-east-1a, us-east-1b, us-east-1c'],
    )
  })
  it('finds a service missing in a zone, and names the zones that have all', () => {
    const [check, ...others] = notOk(
      { zones: '2' },
      {
        services: read(
          new Map([
            [services[0], ['us-east-1b', 'us-east-1c']],
            [services[1], open],
          ]),
        ),
      },
    )
    assert.deepEqual([check.what, check.needed, check.quota, check.verdict, others], [`zones with ${services[0]}`, 2, 1, 'short', []])
    assert.equal(check.note, 'all services are in us-east-1b, us-east-1c: -c zones=…')
  })
  it('calls unknown the service that an emulator does not know, by its own name, and no other', () => {
    const [check, ...others] = notOk({}, { services: read(new Map([[services[1], open]])) })
    assert.deepEqual([check.what, check.verdict, others], [`zones with ${services[0]}`, 'unknown', []])
    assert.match(check.note, /^could not be looked up: the emulator does not know it/)
  })
  it('calls unknown what could not be looked up, with why, and nothing else', () => {
    const [check, ...others] = notOk({}, { brokers: { ok: false, reason: 'AccessDeniedException' } })
    assert.deepEqual(
      [check.what, check.needed, check.quota, check.verdict, check.note, others],
      ['MSK brokers', 3, null, 'unknown', 'could not be looked up: AccessDeniedException', []],
    )
  })
})
