import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chooseServers, javaCommand } from '../../localstack/choice.mjs'

const withDocker = async () => true
const withoutDocker = async () => false

describe('chooseServers', () => {
  it('takes the broker that KAFKA_BROKERS names, Docker or not', async () => {
    assert.equal((await chooseServers({ KAFKA_BROKERS: 'localhost:9092' }, withDocker)).broker, 'given')
  })
  it('takes Redpanda where a Docker engine answers', async () => {
    assert.deepEqual(await chooseServers({}, withDocker), { broker: 'redpanda', emulator: 'ministack' })
  })
  it('takes Apache Kafka and MiniStack without Docker', async () => {
    assert.deepEqual(await chooseServers({}, withoutDocker), { broker: 'kafka', emulator: 'ministack' })
  })
  it('takes the emulator that AWS_ENDPOINT_URL names before LocalStack', async () => {
    const env = { AWS_ENDPOINT_URL: 'http://localhost:4566', LOCALSTACK: '1' }
    assert.equal((await chooseServers(env, withDocker)).emulator, 'given')
  })
  it('takes LocalStack where it is asked for and Docker is there', async () => {
    assert.equal((await chooseServers({ LOCALSTACK: '1' }, withDocker)).emulator, 'localstack')
  })
  it('takes MiniStack where LocalStack is asked for without Docker', async () => {
    assert.equal((await chooseServers({ LOCALSTACK: '1' }, withoutDocker)).emulator, 'ministack')
  })
  it('does not ask Docker where the answer makes no difference', async () => {
    const env = { KAFKA_BROKERS: 'localhost:9092', AWS_ENDPOINT_URL: 'http://localhost:4566' }
    await chooseServers(env, () => assert.fail('Docker was asked'))
  })
  it('counts Docker as absent where there is no such command', async () => {
    assert.equal((await chooseServers({ PATH: '/nowhere' })).broker, 'kafka')
  })
})

describe('javaCommand', () => {
  it("is JAVA_HOME's java where that is set", () => {
    assert.equal(javaCommand({ JAVA_HOME: '/opt/jdk' }), '/opt/jdk/bin/java')
  })
  it('is the first on PATH otherwise', () => {
    assert.equal(javaCommand({}), 'java')
  })
})
