import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka, KafkaJSError } from 'kafkajs'
import { connectKafka } from '#functions/adapters/kafka-client.ts'
import type { Bundle } from '#functions/bundles/registry.ts'
import type { Flight } from '#models/flights.ts'
import { pipeline as flights } from '#models/pipeline.ts'
import type { Topology } from '#models/topics.ts'
import { bundleSteps } from '../../../cdk/bundle.ts'
import { type Broker, startBroker } from '../../../localstack/broker.ts'
import { localFolder } from '../../../localstack/folders.mjs'
import { readFlights } from '../../../localstack/replay/flights.ts'
import { createTopics } from '../../../localstack/topics.ts'
import { pipeline as cards } from '../../bench/state-scale/cards.ts'
import { flightsFor, trainBundles } from '../swaps/bundles.ts'

/** What is the same for every world: the bundles of all steps, and the broker that they send to. */
export interface Ground {
  readonly brokers: string
  readonly bundle: Bundle
  folderOf(step: string): string
  close(): Promise<void>
}

/** The flights, with candidates that earn their place on live labels, so that `watch` reads the counters; the bundler puts it in the definition's place. */
const onTrial = `import { pipeline as flights } from '../models/pipeline.ts'
export const pipeline = { ...flights, promoteWhen: { ...flights.promoteWhen, on: 'live' } }
`
const onTrialFile = 'flights-on-trial.ts'

/** Bundles the steps, preprocess for payments by card and all others for flights, trains a model and starts a broker. */
export async function openGround(): Promise<Ground> {
  await mkdir(localFolder, { recursive: true })
  await writeFile(path.join(localFolder, onTrialFile), onTrial)
  const flightsFolder = await bundleSteps('year-flights', { pipelineFile: `.local/${onTrialFile}`, architecture: 'x86_64' })
  const cardsFolder = await bundleSteps('year-cards', { pipelineFile: 'test/bench/state-scale/cards.ts', architecture: 'x86_64' })
  const some: Flight[] = []
  for await (const flight of readFlights(flightsFor(2))) some.push(flight)
  const [, bundle] = await trainBundles(flights, some, 2)
  const broker: Broker = await startBroker()
  const kafka = connectKafka(broker.brokers, 'none')
  for (const pipeline of [flights, cards]) await createTopicsSoon(kafka, pipeline)
  return {
    brokers: broker.brokers,
    bundle,
    folderOf: step => (step === 'preprocess' ? cardsFolder : flightsFolder)(step),
    close: () => broker.stop(),
  }
}

/** A broker that has just started may not know yet what it has been told to make: it is told again. */
async function createTopicsSoon(kafka: Kafka, pipeline: Topology): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await createTopics(kafka, pipeline)
    } catch (error) {
      if (!(error as KafkaJSError).retriable || attempt === 5) throw error
      await sleep(500)
    }
  }
}
