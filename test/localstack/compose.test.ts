import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const folder = join(import.meta.dirname, '../../localstack')
const file = join(folder, 'docker-compose.yml')
const text = readFileSync(file, 'utf8')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0

/** The text of each service by its name. */
const services = Object.fromEntries([...text.matchAll(/^ {2}(\w+):.*\n((?: {4}.*\n|\n)*)/gm)].map(([, name, body]) => [name, body]))
/** Lines under a key of a service. */
const itemsOf = (service: string, key: string) =>
  [...(new RegExp(`^ {4}${key}:\n((?: {6}.*\n)*)`, 'm').exec(services[service])?.[1] ?? '').matchAll(/^ {6}- (.*)$/gm)].map(
    ([, item]) => item,
  )

/** Redpanda's own settings, as rpk reads them: the word behind each --set. */
const redpandaCommand = itemsOf('redpanda', 'command')
const redpandaSettings = new Map(
  redpandaCommand.flatMap((item, at) => (item === '--set' ? [redpandaCommand[at + 1].split('=') as [string, string]] : [])),
)

describe('docker-compose.yml', () => {
  it('has the broker, the emulator, and what shows them', () => {
    assert.deepEqual(Object.keys(services), ['redpanda', 'localstack', 'console', 'prometheus', 'grafana'])
  })
  it('publishes one port a service, on 127.0.0.1 only, by a variable', () => {
    for (const name of Object.keys(services)) {
      const ports = itemsOf(name, 'ports')
      assert.equal(ports.length, 1, name)
      assert.match(ports[0], /^127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:/)
    }
  })
  it('publishes no port twice', () => {
    const ports = Object.keys(services).map(name => /:-(\d+)\}/.exec(itemsOf(name, 'ports')[0])?.[1])
    assert.equal(new Set(ports).size, ports.length)
  })
  it('takes the ports of broker and emulator from the programs that start them', () => {
    assert.match(read('broker.ts'), /KAFKA_PORT/)
    assert.match(read('emulator.ts'), /AWS_PORT/)
  })
  it('names every image by an exact version', () => {
    const images = [...text.matchAll(/image: (\S+)/g)].map(([, image]) => image)
    for (const image of images) assert.match(image, /:v?\d+\.\d+\.\d+$/)
    assert.equal(images.length, 5)
  })
  it('mounts files that are there', () => {
    const mounted = Object.keys(services)
      .flatMap(name => itemsOf(name, 'volumes'))
      .map(volume => volume.split(':')[0])
      .filter(path => path.startsWith('./'))
    assert.equal(mounted.length, 2)
    for (const path of mounted) assert.ok(existsSync(join(folder, path)), path)
  })
  it('lets no client make a topic', () => {
    assert.equal(redpandaSettings.get('redpanda.auto_create_topics_enabled'), 'false')
  })
  it('keeps a record however old its own time is', () => {
    assert.equal(redpandaSettings.get('redpanda.log_retention_ms'), '-1')
  })
  it('gives rpk each setting as a word of its own: with an equals sign the broker does not start', () => {
    // src/go/rpk/pkg/cli/redpanda/start.go looks for args[i] == "--set"; what it does not know it hands to the broker
    assert.deepEqual(
      redpandaCommand.filter(item => /^--set\S/.test(item)),
      [],
    )
  })
  it('sends Console and Prometheus to services and ports that are there', () => {
    assert.match(services.redpanda, /--advertise-kafka-addr=.*services:\/\/redpanda:29092/)
    assert.match(services.console, /KAFKA_BROKERS: redpanda:29092/)
    for (const [, service] of read('prometheus.yml').matchAll(/targets: \["(\w+):\d+"\]/g)) assert.ok(service in services, service)
    const [, source, port] = /url: http:\/\/(\w+):(\d+)/.exec(read('grafana/datasources.yml')) ?? []
    assert.ok(itemsOf(source, 'ports')[0].endsWith(`:${port}`))
  })
  it('is understood by docker compose', { skip: hasCompose ? false : 'docker compose is not installed' }, () => {
    execFileSync('docker', ['compose', '--file', file, 'config', '--quiet'])
  })
})
