import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'

/** A service as compose-go resolves it: as much as is looked at here. */
interface Service {
  readonly command: readonly string[] | null
  readonly ports: readonly { readonly host_ip: string; readonly published: string; readonly target: number }[]
}

/** What rpk makes of the arguments of `redpanda start`; rpk.go holds its rules and says where they are from. */
interface Reading {
  readonly settings: Readonly<Record<string, string>>
  /** Flags that rpk does not know, and so hands to the broker, which ends at one that it does not know either. */
  readonly handedOn: readonly string[]
  readonly refusal: string
}

const file = join(import.meta.dirname, '../../../localstack/docker-compose.yml')
const hasGo = spawnSync('go', ['version']).status === 0

/** Arguments that rpk does not take as they are meant, with what it makes of them. */
const wrong: readonly [arguments: string[], handedOn: string[], refusal: RegExp][] = [
  [['--set=redpanda.log_retention_ms=-1'], ['--set=redpanda.log_retention_ms=-1'], /^$/],
  [['--smp=1', '--set'], ['--set'], /^$/],
  [['--set', 'redpanda.log_retention_ms'], [], /a setting must be name=value, got redpanda.log_retention_ms/],
  [['--memroy=1G'], ['--memroy=1G'], /^$/],
  [['--smp=one'], [], /invalid argument "one" for "--smp"/],
  [['--mode=dev'], [], /mode must be one of dev-container and help, got dev/],
  [['--kafka-addr=host://0.0.0.0'], [], /kafka-addr: address 0\.0\.0\.0: missing port/],
]

/** What the program of this folder makes of the file and of the wrong arguments: compose-go, of which `docker compose` is made, and rpk's rules. */
function readFile() {
  const { status, stdout, stderr } = spawnSync('go', ['run', '.'], {
    cwd: import.meta.dirname,
    input: JSON.stringify({ file, arguments: wrong.map(([list]) => list) }),
    encoding: 'utf8',
    env: { ...process.env, CGO_ENABLED: '0', KAFKA_PORT: '19092', AWS_PORT: '14566' },
  })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as {
    readonly services: Readonly<Record<string, Service>>
    /** Of the file's own arguments. */
    readonly reading: Reading
    readonly readings: readonly Reading[]
  }
}

describe('docker-compose.yml, as docker compose and rpk read it', { skip: !hasGo && 'no Go is found: https://go.dev/dl' }, () => {
  let read: ReturnType<typeof readFile>
  before(() => {
    read = readFile()
  })

  it('takes the ports that the run sets, inside and outside', () => {
    const { redpanda, localstack } = read.services
    const portsOf = ({ ports }: Service) => ports.map(({ host_ip, published, target }) => [host_ip, published, target])
    assert.deepEqual(portsOf(redpanda), [['127.0.0.1', '19092', 19092]])
    assert.deepEqual(portsOf(localstack), [['127.0.0.1', '14566', 4566]])
    assert.ok(redpanda.command?.some(argument => /^--advertise-kafka-addr=host:\/\/127\.0\.0\.1:19092,/.test(argument)))
  })
  it('starts a broker that is handed no flag by rpk, and told both settings', () => {
    assert.deepEqual(read.reading, {
      settings: { 'redpanda.auto_create_topics_enabled': 'false', 'redpanda.log_retention_ms': '-1' },
      handedOn: [],
      refusal: '',
    })
  })
  for (const [at, [list, handedOn, refusal]] of wrong.entries()) {
    it(`would be seen to hold ${list.join(' ')}`, () => {
      assert.deepEqual(read.readings[at].handedOn, handedOn)
      assert.match(read.readings[at].refusal, refusal)
    })
  }
})
