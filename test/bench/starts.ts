import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from '#models/pipeline.ts'
import { bundleSteps } from '../../cdk/bundle.ts'
import { allSteps } from '../../cdk/steps.ts'
import { makePrediction } from '../fixtures.ts'
import { makeBundle } from '../make-bundle.ts'
import { fillPayload } from './msk-payload.ts'

const runs = 5
const aimMs = 500

/** Loads a bundle in a fresh process; with an event, calls its handler, whose end does not matter. Prints when it began, and how long the load took. */
const script = `
  const began = performance.now()
  const { handler } = require(process.argv[1])
  console.log(JSON.stringify({ beganAtMs: performance.timeOrigin + began, loadMs: performance.now() - began }))
  if (process.argv[2]) handler(JSON.parse(process.argv[2])).catch(() => {}).finally(() => process.exit())
`

/**
 * How long a new function takes: to load its modules, and for infer until its first record is scored, pointer, bundle and golden rows
 * included. Each is the median of fresh processes of this machine, from the bundles that are deployed; Node's own start is not in it.
 */
export async function benchStarts() {
  const folderOf = await bundleSteps('starts-bench', { pipelineFile: 'models/pipeline.ts', architecture: 'x86_64' })
  const aws = await startFakeAws()
  try {
    const loadMs: Record<string, number> = {}
    for (const { name } of allSteps) {
      const times = await repeat(async () => (await startOnce(join(folderOf(name), 'index.js'), aws.env)).loadMs)
      loadMs[name] = Math.round(median(times))
    }
    const { id, atMs, features, definition, source } = makePrediction()
    const event = fillPayload(`${pipeline.name}.features`, 1, () => JSON.stringify({ id, atMs, features, definition, source }))
    const times = await repeat(async () => {
      const { beganAtMs } = await startOnce(join(folderOf('infer'), 'index.js'), aws.env, event)
      return aws.brokersAskedAtMs() - beganAtMs // infer looks for brokers when it has something to send: the record is scored
    })
    return { loadMs, inferToFirstScoreMs: Math.round(median(times)), aimMs }
  } finally {
    aws.stop()
  }
}

async function startOnce(file: string, env: Readonly<Record<string, string>>, event?: string) {
  const child = spawn(process.execPath, ['-e', script, file, ...(event === undefined ? [] : [event])], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [line] = (await text(child.stdout)).split('\n')
  return JSON.parse(line) as { readonly beganAtMs: number; readonly loadMs: number }
}

/** S3 with a champion, and an MSK that names no brokers but notes when it was asked. */
async function startFakeAws() {
  const { onnx, manifest } = makeBundle('v1')
  const pointer = { version: 'v1', sinceMs: 0, history: [{ version: 'v1', sinceMs: 0, reason: 'bench' }] }
  const objects: Readonly<Record<string, string | Uint8Array>> = {
    [`champions/${pipeline.name}.json`]: JSON.stringify(pointer),
    [`bundles/${pipeline.name}/v1/model.onnx`]: onnx,
    [`bundles/${pipeline.name}/v1/manifest.json`]: JSON.stringify(manifest),
  }
  let askedAtMs = Number.NaN
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://localhost').pathname
    if (path.endsWith('/bootstrap-brokers')) askedAtMs = performance.timeOrigin + performance.now()
    const object = objects[path.replace('/models/', '')]
    response.writeHead(object === undefined ? 404 : 200, { etag: '"1"' }).end(object)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    env: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      CLUSTER_ARN: 'arn:aws:kafka:us-east-1:000000000000:cluster/bench/00000000-0000-0000-0000-000000000000-1',
      KAFKA_AUTH: 'none',
      MODEL_BUCKET: 'models',
    },
    brokersAskedAtMs: () => askedAtMs,
    stop: () => server.close(),
  }
}

const repeat = async (run: () => Promise<number>) => {
  const times: number[] = []
  for (let at = 0; at < runs; at++) times.push(await run())
  return times
}

const median = (values: readonly number[]) => values.toSorted((one, other) => one - other)[values.length >> 1]
