import { fileURLToPath } from 'node:url'
import { type OwnedProcess, startProcess } from './processes.ts'

const composeFile = fileURLToPath(new URL('docker-compose.yml', import.meta.url))
const firstPullMs = 600_000

/**
 * One service of docker-compose.yml, in the foreground of a `docker compose up` that we own: what ends that ends the container.
 *
 * Each run is a project of its own, so that two do not share a container. `env` sets the ports the file leaves open.
 */
export async function startService(
  name: 'redpanda' | 'localstack',
  env: Readonly<Record<string, string | undefined>>,
  isReady: () => Promise<boolean>,
): Promise<OwnedProcess> {
  const service = await startProcess({
    name,
    command: 'docker',
    args: ['compose', '--ansi=never', '--file', composeFile, '--project-name', `millrace-${name}-${process.pid}`, 'up', '--no-color', name],
    env,
    graceMs: 30_000,
  })
  try {
    await service.untilReady(isReady, firstPullMs)
    return service
  } catch (cause) {
    await service.stop()
    throw cause
  }
}
