import { MillraceError } from '#models/errors.ts'
import { toClientEnvironment } from './aws/client-environment.ts'
import { registerCluster } from './aws/cluster.ts'
import { startMinistack } from './aws/ministack.ts'
import { answersHttp } from './aws/probe.ts'
import { chooseServers } from './choice.mjs'
import { startService } from './compose.ts'
import { freePorts } from './ports.ts'

export interface Emulator {
  readonly kind: 'given' | 'localstack' | 'ministack'
  readonly endpoint: string
  readonly region: string
  /** For every program that shall talk to the emulator instead of AWS: endpoint, dummy keys, region; add it to their environment. */
  readonly env: Readonly<Record<string, string>>
  /** The broker as an MSK cluster of the emulator, for the stack's existing-cluster mode. */
  readonly clusterArn: string
  /** Whether it answers for that cluster and takes mappings of Kafka; where not, functions must be told the brokers. */
  readonly knowsKafka: boolean
  /** The process whose children the functions are; absent where it is not ours. */
  readonly pid?: number
  /** Ends the emulator with all functions and forgets what it holds; leaves a given one alone. */
  stop(): Promise<void>
}

type Environment = Readonly<Record<string, string | undefined>>
type Server = Pick<Emulator, 'endpoint' | 'pid' | 'stop'>

const region = 'us-east-1' // the only region whose bucket names need no location; nothing else depends on it

const starters = { given: useGiven, localstack: startLocalstack, ministack: startMinistack } as const

/**
 * An empty AWS emulator on 127.0.0.1 whose MSK answers with this broker, or the one that AWS_ENDPOINT_URL names.
 *
 * @throws ENVIRONMENT_INVALID where AWS_ENDPOINT_URL is AWS itself or does not answer; SERVER_FAILED where ours does not start
 * @example const { env, clusterArn, stop } = await startEmulator({ brokers: '127.0.0.1:9092' })
 */
export async function startEmulator(options: {
  readonly brokers: string
  readonly env?: Environment
  /** What MiniStack's functions find in their environment besides; the other emulators leave it out. */
  readonly functionEnv?: Readonly<Record<string, string>>
}): Promise<Emulator> {
  const { brokers, env = process.env, functionEnv = {} } = options
  const { emulator: kind } = await chooseServers(env)
  const { endpoint, stop, ...own }: Server = await starters[kind]({ brokers, region, env, functionEnv })
  try {
    const cluster = await registerCluster(endpoint, region)
    return { kind, endpoint, region, env: toClientEnvironment(endpoint, region), stop, ...cluster, ...own }
  } catch (cause) {
    await stop()
    throw cause
  }
}

async function useGiven({ env }: { readonly env: Environment }): Promise<Server> {
  const endpoint = env.AWS_ENDPOINT_URL ?? ''
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname : ''
  if (/(^|\.)(amazonaws\.com|amazonaws\.com\.cn|api\.aws)$/.test(host)) {
    const message = `AWS_ENDPOINT_URL must be an emulator's: a local run would create and delete real resources at ${endpoint}; unset it`
    throw new MillraceError('ENVIRONMENT_INVALID', message)
  }
  if (host && (await answersHttp(endpoint))) return { endpoint, stop: async () => {} }
  const message = `AWS_ENDPOINT_URL must be the URL of an AWS emulator that answers, got ${endpoint}; unset it to have one started`
  throw new MillraceError('ENVIRONMENT_INVALID', message, { retryable: true })
}

async function startLocalstack({ env }: { readonly env: Environment }): Promise<Server> {
  const [port] = await freePorts(1)
  const endpoint = `http://127.0.0.1:${port}`
  const { stop } = await startService('localstack', { ...env, AWS_PORT: String(port) }, () => answersHttp(`${endpoint}/_localstack/health`))
  return { endpoint, stop }
}
