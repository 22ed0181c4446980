import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toLocalstackEnvironment } from '../../../localstack/aws/localstack.ts'

describe('toLocalstackEnvironment', () => {
  const env = toLocalstackEnvironment({
    region: 'us-east-1',
    reportsTo: 'http://127.0.0.1:1',
    port: 4566,
    folder: '/run',
    docker: '/run/docker',
  })

  it('binds to 127.0.0.1, by the server that keeps to it', () => {
    assert.deepEqual([env.GATEWAY_LISTEN, env.GATEWAY_SERVER, env.DNS_ADDRESS], ['127.0.0.1:4566', 'hypercorn', '0'])
  })
  it('reports its use to nobody', () => {
    assert.equal(env.DISABLE_EVENTS, '1')
  })
  it("writes to the run's folder alone, in a container too", () => {
    assert.deepEqual([env.HOME, env.FILESYSTEM_ROOT, env.OVERRIDE_IN_DOCKER], ['/run', '/run', '0'])
  })
  it('holds no licence and no key', () => {
    assert.deepEqual(
      Object.keys(env).filter(name => /TOKEN|KEY|SECRET|PROFILE/.test(name)),
      [],
    )
  })
})
