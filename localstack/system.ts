import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import type { Kafka } from 'kafkajs'
import { connectKafka } from '#functions/adapters/kafka-client.ts'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { startBroker } from './broker.ts'
import { type Deployment, deploy } from './deploy.ts'
import { startEmulator } from './emulator.ts'
import { readDeployedNames } from './event-source/deployed-names.ts'
import { type Invoke, makeDeliveryClient, makeInvoke } from './event-source/invoke.ts'
import { type Mapping, readMappings } from './event-source/mappings.ts'
import type { Report } from './event-source/status.ts'
import { type EventSource, startEventSource } from './event-source.ts'
import { stopAll } from './processes.ts'
import { createTopics } from './topics.ts'

/** Everything that runs: broker, emulator, the deployed stack, the event source. */
export interface System {
  readonly brokerKind: string
  readonly emulatorKind: string
  readonly brokers: string
  readonly endpoint: string
  readonly kafka: Kafka
  readonly deployment: Deployment
  readonly mappings: readonly Mapping[]
  readonly eventSource: EventSource
  /** The emulator's process, whose children the functions are; absent where it is not ours. */
  readonly emulatorPid?: number | undefined
  /** Kills the broker and starts it again on the same port and records; absent where it is not a process of ours. */
  readonly killAndRestartBroker?: ((downMs: number) => Promise<void>) | undefined
  /** Kills the event source and starts another one, which begins at the committed offsets. */
  restartEventSource(): Promise<void>
  /** Stops the event source, the emulator and the broker; may be called twice. */
  stop(): Promise<void>
}

interface SystemOptions {
  readonly pipeline: Pipeline
  readonly pipelineFile: string
  /** Told at the start of each phase. */
  readonly onPhase: (phase: string) => void
  readonly onReport: (report: Report) => void
  /** Stands between the event source and the functions, to look on, or for fault runs. */
  readonly wrapInvoke?: (invoke: Invoke) => Invoke
  /** Settings of the stack, in place of the local run's own. */
  readonly stackSettings?: Readonly<Record<string, string>>
  /** What functions find in their environment besides, on MiniStack. */
  readonly functionEnv?: Readonly<Record<string, string>>
  /** Told the emulator's address before anything is deployed. */
  readonly onEmulator?: (endpoint: string) => void
}

/**
 * Brings the whole system up on this machine, empty; where a part of it does not come up, what did is ended again.
 *
 * This program's own AWS clients talk to the emulator from then on: its address and dummy keys go into `process.env`.
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  checkEngine(options.pipeline)
  try {
    return await bringUp(options)
  } catch (error) {
    await stopAll() // a broker or an emulator that is left would keep this program alive for ever
    throw error
  }
}

/** No emulator has EMR Serverless, and a stack without it would train nothing. */
function checkEngine({ retrain }: Pick<Pipeline, 'retrain'>): void {
  if (retrain.engine === 'lambda') return
  throw new MillraceError(
    'DEFINITION_INVALID',
    `retrain.engine must be 'lambda' in a local run, got '${retrain.engine}': no emulator has EMR Serverless; change it in models/pipeline.ts, and see Spark train here by npm run test:spark`,
  )
}

async function bringUp(options: SystemOptions): Promise<System> {
  const {
    pipeline,
    pipelineFile,
    onPhase,
    onReport,
    wrapInvoke = invoke => invoke,
    stackSettings = {},
    functionEnv = {},
    onEmulator,
  } = options
  onPhase('starting the Kafka broker')
  const broker = await startBroker()
  onPhase('starting the AWS emulator')
  const emulator = await startEmulator({ brokers: broker.brokers, functionEnv })
  onEmulator?.(emulator.endpoint)
  Object.assign(process.env, emulator.env)
  const kafka = connectKafka(broker.brokers, 'none')

  onPhase('bundling and deploying the stack')
  const { clusterArn, knowsKafka } = emulator
  const settings = { ...(!knowsKafka && { kafkaBrokers: broker.brokers }), ...stackSettings }
  const [deployment] = await Promise.all([
    deploy({ pipelineName: pipeline.name, pipelineFile, clusterArn, env: emulator.env, stackSettings: settings }),
    createTopics(kafka, pipeline),
  ])
  onPhase('starting the event source')
  const names = await readDeployedNames(new CloudFormationClient(), deployment.stackName, clusterArn)
  const mappings = readMappings(deployment.template, names)
  const invoke = wrapInvoke(makeInvoke(makeDeliveryClient()))
  const startSource = () => startEventSource({ brokers: broker.brokers, clusterArn, mappings, invoke, onReport })
  let eventSource = await startSource()
  return {
    brokerKind: broker.kind,
    emulatorKind: emulator.kind,
    brokers: broker.brokers,
    endpoint: emulator.endpoint,
    kafka,
    deployment,
    mappings,
    get eventSource() {
      return eventSource
    },
    emulatorPid: emulator.pid,
    killAndRestartBroker: broker.killAndRestart,
    async restartEventSource() {
      await eventSource.kill()
      eventSource = await startSource()
    },
    async stop() {
      await eventSource.stop()
      await emulator.stop()
      await broker.stop()
      await stopAll()
    },
  }
}
