import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { readAccount } from '../../../cli/preflight/read-account.ts'
import { withEnvironment } from '../../aws-stub.ts'

const xml = (action: string, inner: string) =>
  `<?xml version="1.0"?><${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${inner}</${action}Response>`
const set = (name: string, items: readonly string[]) => `<${name}>${items.map(item => `<item>${item}</item>`).join('')}</${name}>`
const kafkaApi = 'aws.api.us-east-1.kafka-api'

/** EC2's answers, in its own XML. */
const ec2: Readonly<Record<string, (query: URLSearchParams) => string>> = {
  DescribeVpcs: query =>
    query.has('NextToken')
      ? set('vpcSet', ['<vpcId>vpc-2</vpcId>'])
      : `${set('vpcSet', ['<vpcId>vpc-1</vpcId>'])}<nextToken>more</nextToken>`,
  DescribeVpcEndpoints: () => set('vpcEndpointSet', ['<vpcEndpointId>vpce-1</vpcEndpointId>']),
  DescribeAddresses: () => set('addressesSet', ['<publicIp>192.0.2.1</publicIp>']),
  DescribeNetworkInterfaces: () =>
    set('networkInterfaceSet', ['<networkInterfaceId>eni-1</networkInterfaceId>', '<networkInterfaceId>eni-2</networkInterfaceId>']),
  DescribeAvailabilityZones: () =>
    set('availabilityZoneInfo', [
      '<zoneName>us-east-1b</zoneName><zoneState>available</zoneState><optInStatus>opt-in-not-required</optInStatus>',
      '<zoneName>us-east-1a</zoneName><zoneState>available</zoneState><optInStatus>opt-in-not-required</optInStatus>',
      '<zoneName>us-east-1c</zoneName><zoneState>impaired</zoneState><optInStatus>opt-in-not-required</optInStatus>',
    ]),
  DescribeSubnets: () => set('subnetSet', ['<availabilityZone>us-east-1b</availabilityZone>']),
  DescribeVpcEndpointServices: () =>
    set('serviceDetailSet', [`<serviceName>${kafkaApi}</serviceName>${set('availabilityZoneSet', ['us-east-1a', 'us-east-1b'])}`]),
}

const invalidService =
  '<?xml version="1.0"?><Response><Errors><Error><Code>InvalidServiceName</Code><Message>The Vpc Endpoint Service does not exist</Message></Error></Errors><RequestID>r</RequestID></Response>'

describe('readAccount, of services that answer as AWS does', () => {
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const target = String(request.headers['x-amz-target'] ?? '').split('.')[1]
    const reply = (status: number, type: string, content: string, headers = {}) =>
      response.writeHead(status, { 'content-type': type, ...headers }).end(content)
    const json = (content: object, status = 200, headers = {}) =>
      reply(status, target ? 'application/x-amz-json-1.1' : 'application/json', JSON.stringify(content), headers)
    const query = new URLSearchParams(body)
    const action = query.get('Action')
    if (action) {
      if (query.get('ServiceName.1') === 'com.amazonaws.us-east-1.none') return reply(400, 'text/xml', invalidService)
      return reply(200, 'text/xml', xml(action, ec2[action](query)))
    }
    if (request.url?.startsWith('/2016-08-19/account-settings')) {
      return json({ AccountLimit: { ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: 900 } })
    }
    if (request.url?.startsWith('/api/v2/clusters')) {
      return json({
        clusterInfoList: [
          { clusterType: 'PROVISIONED', provisioned: { numberOfBrokerNodes: 6 } },
          { clusterType: 'SERVERLESS', serverless: {} },
        ],
      })
    }
    const { QuotaCode, ServiceCode } = JSON.parse(body) as { readonly QuotaCode?: string; readonly ServiceCode: string }
    switch (target) {
      case 'GetServiceQuota': // a quota that nobody has ever had raised is not known as applied
        if (QuotaCode === 'L-F678F1CE') return json({ Quota: { Value: 7 } })
        if (QuotaCode === 'L-0263D0A3') return json({ __type: 'AccessDeniedException', message: 'not authorized' }, 400)
        return json({ __type: 'NoSuchResourceException', message: 'no such quota' }, 400)
      case 'GetAWSDefaultServiceQuota':
        return json({ Quota: { Value: 50 } })
      default:
        return json({ Quotas: ServiceCode === 'kafka' ? [{ QuotaName: 'Number of brokers per account', Value: 90 }] : [] })
    }
  })
  before(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)))
  after(() => server.close())

  const readAll = () =>
    withEnvironment(
      {
        AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'secret',
      },
      () => readAccount([kafkaApi, 'com.amazonaws.us-east-1.none'], { region: 'us-east-1', maxAttempts: 1 }),
    )

  it('reads limits, what is in use on all pages, and the zones of services', async () => {
    const account = await readAll()
    const share = (inUse: number, quota: number) => ({ ok: true, value: { inUse, quota } })
    assert.deepEqual(account.concurrency, { ok: true, value: { limit: 1_000, unreserved: 900 } })
    assert.deepEqual(account.vpcs, share(2, 7))
    assert.deepEqual(account.gatewayEndpoints, share(1, 50))
    assert.deepEqual(account.interfaceEndpoints, share(0, 50))
    assert.deepEqual(account.networkInterfaces, share(2, 50))
    assert.deepEqual(account.brokers, share(6, 90))
    assert.deepEqual(account.zones, { ok: true, value: { open: ['us-east-1a', 'us-east-1b'], usual: ['us-east-1b'] } })
    const zonesOf = new Map([
      [kafkaApi, ['us-east-1a', 'us-east-1b']],
      ['com.amazonaws.us-east-1.none', []],
    ])
    assert.deepEqual(account.services, { ok: true, value: zonesOf })
    assert.match(String('reason' in account.elasticIps && account.elasticIps.reason), /not authorized/)
    assert.match(
      String('reason' in account.serverlessClusters && account.serverlessClusters.reason),
      /knows no quota .*serverless.* of kafka/,
    )
  })
})
