import { MillraceError } from '#models/errors.ts'
import { chooseServers } from './choice.mjs'
import { startService } from './compose.ts'
import { answersKafka } from './kafka/probe.ts'
import { startKafka } from './kafka/server.ts'
import { freePorts } from './ports.ts'

export interface Broker {
  readonly kind: 'given' | 'redpanda' | 'kafka'
  /** `host:port`, more than one separated by commas. */
  readonly brokers: string
  /** Kills the broker and starts it again on the same port and records; absent where it is not a process of ours. */
  killAndRestart?(downMs: number): Promise<void>
  /** Ends the broker and forgets its records; leaves a given one alone. */
  stop(): Promise<void>
}

type Environment = Readonly<Record<string, string | undefined>>

const starters = { given: useGiven, redpanda: startRedpanda, kafka: startKafka } as const

/**
 * An empty Kafka broker on 127.0.0.1 that answers, or the one that KAFKA_BROKERS names.
 *
 * Topics must be created: a client that asks for an unknown one gets an error, as on MSK.
 *
 * @throws ENVIRONMENT_INVALID where KAFKA_BROKERS does not answer; SERVER_FAILED where ours does not start
 * @example const { brokers, stop } = await startBroker()
 */
export async function startBroker(env: Environment = process.env): Promise<Broker> {
  const { broker: kind } = await chooseServers(env)
  return { kind, ...(await starters[kind](env)) }
}

async function useGiven(env: Environment): Promise<Omit<Broker, 'kind'>> {
  const brokers = env.KAFKA_BROKERS ?? ''
  if (await answersKafka(brokers)) return { brokers, stop: async () => {} }
  const message = `KAFKA_BROKERS must be host:port of a Kafka broker that answers without TLS, got ${brokers}; unset it to have one started`
  throw new MillraceError('ENVIRONMENT_INVALID', message, { retryable: true })
}

async function startRedpanda(env: Environment): Promise<Omit<Broker, 'kind'>> {
  const [port] = await freePorts(1)
  const brokers = `127.0.0.1:${port}`
  const { stop } = await startService('redpanda', { ...env, KAFKA_PORT: String(port) }, () => answersKafka(brokers))
  return { brokers, stop }
}
