// Which broker and which AWS emulator a local run uses: asked by set-up (what to install) and by the run (what to start).
import { execFile } from 'node:child_process'
import { join } from 'node:path'

/** Whether a Docker engine answers and the compose plugin is there: without both, docker-compose.yml is of no use. */
const askDocker = env =>
  Promise.all([canRun('docker', ['version', '--format', '{{.Server.Version}}'], env), canRun('docker', ['compose', 'version'], env)]).then(
    answers => answers.every(Boolean),
  )

/**
 * The servers of a local run, from the environment and from what the machine has.
 *
 * Docker is asked only where the answer matters; an engine that takes over 5 s to answer counts as none.
 *
 * @example await chooseServers({ KAFKA_BROKERS: 'localhost:9092' }) // { broker: 'given', emulator: 'ministack' }
 */
export async function chooseServers(env, hasDocker = askDocker) {
  const wantsLocalstack = !env.AWS_ENDPOINT_URL && env.LOCALSTACK === '1'
  const docker = (!env.KAFKA_BROKERS || wantsLocalstack) && (await hasDocker(env))
  return {
    broker: env.KAFKA_BROKERS ? 'given' : docker ? 'redpanda' : 'kafka',
    emulator: env.AWS_ENDPOINT_URL ? 'given' : wantsLocalstack && docker ? 'localstack' : 'ministack',
  }
}

/** The `java` that runs Kafka: JAVA_HOME's, as Maven takes it, else the first on PATH. */
export const javaCommand = env => (env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java')

const canRun = (command, args, env) => new Promise(resolve => execFile(command, args, { env, timeout: 5_000 }, error => resolve(!error)))
