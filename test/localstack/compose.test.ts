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
  it('gives rpk each setting as a word of its own, as compose/rpk.test.ts sees better where there is Go', () => {
    assert.deepEqual(
      itemsOf('redpanda', 'command').filter(item => /^--set\S/.test(item)),
      [],
    )
  })
  it('lets LocalStack report its use to nobody', () => {
    assert.match(services.localstack, /DISABLE_EVENTS: "1"/)
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
