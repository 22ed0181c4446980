import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connectKafka } from '#functions/adapters/kafka-client.ts'
import { kafkaSender } from '#functions/adapters/kafka-sender.ts'
import { s3Store } from '#functions/adapters/s3.ts'
import { changePointer, toPromoted, writeBundle } from '#functions/bundles/registry.ts'
import { pipeline } from '#models/pipeline.ts'
import { type Broker, startBroker } from '../../localstack/broker.ts'
import { deploy } from '../../localstack/deploy.ts'
import { type Emulator, startEmulator } from '../../localstack/emulator.ts'
import { createTopics } from '../../localstack/topics.ts'
import { makeBundle } from '../make-bundle.ts'
import { runCommand } from '../run-command.ts'

async function status(...flags: string[]) {
  return runCommand('status', ...flags)
}

describe('millrace status of a deployed pipeline', { timeout: 240_000 }, () => {
  let broker: Broker
  let emulator: Emulator
  let bucket: string
  const folder = mkdtempSync(join(tmpdir(), 'millrace-status-'))

  before(async () => {
    broker = await startBroker()
    emulator = await startEmulator({ brokers: broker.brokers })
    Object.assign(process.env, emulator.env)
    const options = { pipelineName: 'flights', pipelineFile: 'models/pipeline.ts', clusterArn: emulator.clusterArn, env: emulator.env }
    const kafka = connectKafka(broker.brokers, 'none')
    const [{ outputs }] = await Promise.all([deploy(options), createTopics(kafka, pipeline)])
    bucket = outputs.ModelBucketName
  })
  after(async () => {
    await emulator?.stop()
    await broker?.stop()
    rmSync(folder, { recursive: true })
  })

  it('is well when it is young: no champion, no records, and exit code 0', async () => {
    const { exitCode, stdout, stderr } = await status('--watch', '0')
    assert.deepEqual([exitCode, stderr], [0, ''])
    assert.match(stdout, /^cluster\n {2}\S+: ACTIVE, provisioned, Kafka \S+\n {2}brokers: \S+:\d+$/m)
    assert.match(stdout, /^ {2}flights\.events +\d+ +0 +0$/m)
    assert.match(stdout, /^ {2}preprocess +flights\.events +0 +0 +none$/m)
    assert.match(stdout, /there is no champion yet\n {2}last retrain: none has made a model yet/)
    assert.match(stdout, /^ {2}retrain +ENABLED +rate\(1 minute/m)
    assert.match(stdout, /all is well\n$/)
  })
  it('shows the champion with since when, and the last retrain', async () => {
    const store = s3Store(bucket)
    await writeBundle(store, makeBundle('v1', { manifest: { trainedAtMs: 60_000 } }))
    await changePointer(store, 'flights', champion => toPromoted(champion, { version: 'v1', reason: 'first', nowMs: 120_000 }))
    const { exitCode, stdout } = await status('--watch', '0', '--json')
    const { models } = JSON.parse(stdout)
    assert.equal(exitCode, 0)
    assert.deepEqual(models.value.serving, [{ role: 'champion', version: 'v1', sinceMs: 120_000, share: null, problem: null }])
    assert.equal(models.value.lastRetrain.trainedAtMs, 60_000)
  })
  it('says that a step is stalled where records wait and nothing is committed, and exits with 1', async () => {
    const send = kafkaSender(async () => connectKafka(broker.brokers, 'none'))
    await send(Array.from({ length: 120 }, (_, at) => ({ topic: 'flights.events', key: null, value: String(at) })))
    await send.close()
    const { exitCode, stdout, stderr } = await status('--watch', '1', '--json')
    const { lag, topics, problems } = JSON.parse(stdout)
    assert.equal(exitCode, 1)
    assert.match(stderr, /^error: \d+ things are wrong\n$/)
    const preprocess = lag.value.find((one: { topic: string; step: string }) => one.step === 'preprocess' && one.topic === 'flights.events')
    assert.deepEqual([preprocess.lag, preprocess.trend], [120, 'stalled'])
    assert.equal(topics.value.find(({ topic }: { topic: string }) => topic === 'flights.events').recordCount, 120)
    assert.ok(problems.includes('preprocess is 120 records behind on flights.events, stalled'))
  })
  it('finds the cluster for publish, redrive and rebuild as for itself, by the stack', async () => {
    const file = join(folder, 'three.ndjson')
    writeFileSync(file, '1\n2\n3\n')
    const published = await runCommand('publish', '--topic', 'flights.labels', '--file', file, '--json')
    assert.deepEqual([published.exitCode, published.stderr, JSON.parse(published.stdout).published], [0, '', 3])
    const redriven = await runCommand('redrive', '--from', 'rejected', '--dry-run', '--json')
    assert.deepEqual([redriven.exitCode, redriven.stderr, JSON.parse(redriven.stdout).redriven], [0, '', 0])
    const rebuilt = await runCommand('rebuild', '--wait', '1s')
    assert.deepEqual([rebuilt.exitCode, rebuilt.stderr], [0, ''])
  })
  it('rejects a stack that is not there with exit code 2', async () => {
    const { exitCode, stdout, stderr } = await status('--stack', 'Millrace-none')
    assert.deepEqual([exitCode, stdout], [2, ''])
    assert.match(stderr, /there is no stack Millrace-none/)
  })
  it('shows the rest where the champion is broken and no broker answers', async t => {
    await s3Store(bucket).put('bundles/flights/v1/manifest.json', Buffer.from('{'))
    if (broker.kind === 'given') return t.skip('a broker that was given is not ours to stop')
    await broker.stop()
    const { exitCode, stdout } = await status('--watch', '0')
    assert.equal(exitCode, 1)
    assert.match(stdout, /^topics\n {2}cannot be read: no Kafka broker answers at .*$/m)
    assert.match(stdout, /champion +v1 +1970-01-01 00:02 +broken: manifest\.json is not a manifest/)
    assert.match(stdout, /^ {2}retrain +ENABLED/m)
  })
})
