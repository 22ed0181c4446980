import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { connectKafka } from '#functions/adapters/kafka-client.ts'
import { openConsumer } from '#functions/adapters/kafka-wire.ts'
import { s3Store } from '#functions/adapters/s3.ts'
import type { ObjectStore } from '#functions/ports.ts'
import { type Broker, startBroker } from '../../localstack/broker.ts'
import { type Emulator, startEmulator } from '../../localstack/emulator.ts'
import { hour, makeEvent, openArchive } from '../cli/replay/archived.ts'
import { runCommand } from '../run-command.ts'

const [modelBucket, archiveBucket] = ['models', 'archive'].map(name => `millrace-operate-${name}-${process.pid}`)
const folder = mkdtempSync(join(tmpdir(), 'millrace-operate-'))
const prefix = `replayed${Date.now()}` // a broker that was given may keep topics of earlier runs

const onModels = (...args: string[]) => runCommand(...args, '--bucket', modelBucket)

/** Makes the bucket on the emulator and puts all of a store into it. */
async function fill(bucket: string, store: ObjectStore): Promise<void> {
  await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: bucket }))
  for (const key of await store.list('')) await s3Store(bucket).put(key, (await store.get(key))!.body)
}

describe('operating models on the emulator', { timeout: 120_000 }, () => {
  let broker: Broker
  let emulator: Emulator
  let live: ReadonlyMap<string, string>

  before(async () => {
    broker = await startBroker()
    emulator = await startEmulator({ brokers: broker.brokers })
    Object.assign(process.env, emulator.env)
    const opened = await openArchive()
    const events = Array.from({ length: 1_200 }, (_, at) => makeEvent(at))
    await opened.predict(events.slice(0, 500), { champion: opened.scorers.v1, shadow: opened.scorers.v2 }, hour + 501_000)
    await opened.predict(events.slice(500), { champion: opened.scorers.v2 }, hour + 1_201_000)
    live = opened.live
    await fill(modelBucket, opened.models)
    await fill(archiveBucket, opened.archive)
  })
  after(async () => {
    await emulator?.stop()
    await broker?.stop()
    rmSync(folder, { recursive: true })
  })

  it('lists, promotes, challenges, rolls back and withdraws', async () => {
    assert.match((await onModels('models')).stdout, /there is no champion yet/)
    assert.match((await onModels('promote', 'v1')).stdout, /^v1 is champion now;/)
    assert.match((await onModels('promote', 'v2', '--reason', 'better')).stdout, /^v2 is champion now, instead of v1;/)
    assert.match(
      (await onModels('promote', 'v3', '--as', 'challenger', '--share', '0.2')).stdout,
      /^v3 is challenger for 0\.2 of the keys now;/,
    )
    assert.match((await onModels('rollback', '--reason', 'worse')).stdout, /^v1 is champion again, instead of v2;/)
    const listed = JSON.parse((await onModels('models', '--json')).stdout)
    assert.deepEqual([listed.champion, listed.challenger.version, listed.challenger.share], ['v1', 'v3', 0.2])
    assert.equal((await onModels('withdraw', 'challenger')).stdout, 'v3 is no longer challenger\n')
    assert.equal(JSON.parse((await onModels('models', '--json')).stdout).challenger, null)
  })
  it('lets one of two rollbacks of the same instant win', async () => {
    await onModels('promote', 'v2')
    const outcomes = await Promise.all([onModels('rollback'), onModels('rollback')])
    assert.deepEqual(outcomes.map(({ exitCode }) => exitCode).toSorted(), [0, 1])
    assert.match(
      outcomes.find(({ exitCode }) => exitCode === 1)!.stderr,
      /the champion moved from v2 to v1 while rolling back; nothing was written/,
    )
  })
  it('rejects a bucket and a stack that are not there, each with one error', async () => {
    const noBucket = await runCommand('models', '--bucket', 'millrace-operate-none')
    assert.deepEqual(
      [noBucket.exitCode, noBucket.stderr],
      [1, 'error: bucket millrace-operate-none: there is no such bucket; give another name, or another stack with --stack\n'],
    )
    const noStack = await runCommand('models', '--stack', 'Millrace-none')
    assert.equal(noStack.exitCode, 2)
    assert.match(noStack.stderr, /^error: there is no stack Millrace-none in this account and region; .*\n$/)
  })

  it('replays an archived hour into shadow topics, byte for byte, at the rate asked for', async () => {
    const json = join(folder, 'difference.json')
    const slice = ['--from', '2026-11-23T05:00', '--to', '2026-11-23T06:00', '--to-topic', prefix]
    const places = ['--bucket', modelBucket, '--archive-bucket', archiveBucket, '--brokers', broker.brokers]
    const startMs = performance.now()
    const { exitCode, stdout, stderr } = await runCommand('replay', ...slice, ...places, '--rate', '1000', '--json', json)
    assert.deepEqual([exitCode, stderr], [0, ''])
    assert.ok(performance.now() - startMs > 1_000)
    assert.match(stdout, /1,200 records replayed\n1,200 to .*\.predictions, 0 to .*\.rejected\n {2}1,200 {2}the same to the byte/)
    assert.equal(JSON.parse(readFileSync(json, 'utf8')).difference.identical, 1_200)
    assert.deepEqual(await readTopic(broker.brokers, `${prefix}.predictions`, 1_200), [...live.values()].toSorted())
  })
})

/** The first records of a topic, as many as asked for, as `key value`, sorted. */
async function readTopic(brokers: string, topic: string, count: number): Promise<string[]> {
  const consumer = openConsumer(connectKafka(brokers, 'none'), { groupId: `read-${topic}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const read: string[] = []
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message: { key, value } }: { message: { key: Buffer | null; value: Buffer | null } }) => {
      if (read.push(`${key} ${value}`) === count) resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  await consumer.disconnect()
  return read.toSorted()
}
