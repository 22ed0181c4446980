import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toMinistackEnvironment } from '../../../localstack/aws/ministack.ts'

describe('toMinistackEnvironment', () => {
  const user = { PATH: '/usr/bin', AWS_PROFILE: 'production', AWS_SECRET_ACCESS_KEY: 'secret', NODE_OPTIONS: '--inspect' }
  const env = toMinistackEnvironment({ brokers: '127.0.0.1:9092', region: 'us-east-1', env: user, port: 4566, folder: '/data' })

  it("puts the project's Node before the machine's", () => {
    assert.match(env.PATH, /node_modules\/\.bin:\/usr\/bin$/)
  })
  it('binds to 127.0.0.1', () => {
    assert.equal(env.BIND_HOST, '127.0.0.1')
  })
  it("passes on nothing else of the user's, as functions would see it", () => {
    assert.deepEqual(
      Object.keys(env).filter(name => name in user),
      ['PATH'],
    )
  })
})
