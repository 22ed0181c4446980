import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { dataFolder, localstackFolder } from '../folders.mjs'
import { freePorts } from '../ports.ts'
import { type EmulatorProcess, startEmulatorProcess } from './emulator-process.ts'

/** What LocalStack wants to have downloaded before it calls a function deployed. */
const runtimeVersion = 'v0.1.41-pre'

/**
 * LocalStack 4.14.0 on 127.0.0.1 as a process of a venv, without Docker, with everything in memory.
 *
 * It holds S3, SNS, IAM, CloudFormation, SQS, logs and schedules. Functions are created and never run: what would run them, its runtime and
 * the image of a container, is an empty file and a `docker` that does nothing. DynamoDB does not answer: it would be downloaded.
 *
 * `reportsTo` is where it would send what it counts of its use, were that not switched off; a test listens there.
 *
 * @throws SERVER_FAILED where it does not start
 */
export async function startLocalstackProcess(options: { readonly region: string; readonly reportsTo: string }): Promise<EmulatorProcess> {
  const [port] = await freePorts(1)
  mkdirSync(dataFolder, { recursive: true })
  const folder = mkdtempSync(join(dataFolder, 'localstack-'))
  const docker = placeStandIns(folder)
  return startEmulatorProcess(
    {
      name: 'localstack-process',
      command: join(localstackFolder, 'bin', 'python'),
      args: ['-m', 'localstack.runtime.main'],
      env: toLocalstackEnvironment({ ...options, port, folder, docker }),
      folder,
    },
    { port, healthPath: '/_localstack/health', timeoutMs: 120_000 },
  )
}

/** Writes the two stand-ins into the run's folder; gives the path of `docker`. */
function placeStandIns(folder: string): string {
  for (const architecture of ['x86_64', 'arm64']) {
    const runtime = join(folder, 'var', 'lib', 'localstack', 'lib', 'lambda-runtime', runtimeVersion, architecture, 'var', 'rapid', 'init')
    mkdirSync(dirname(runtime), { recursive: true })
    writeFileSync(runtime, '')
  }
  const docker = join(folder, 'docker')
  writeFileSync(docker, '#!/bin/sh\n')
  chmodSync(docker, 0o755)
  return docker
}

/** A whole environment, not the user's: no key of theirs, no token, no folder outside the run's own. */
export function toLocalstackEnvironment(options: {
  readonly region: string
  readonly reportsTo: string
  readonly port: number
  readonly folder: string
  readonly docker: string
}) {
  const { region, reportsTo, port, folder, docker } = options
  return {
    PATH: '/usr/bin:/bin',
    HOME: folder,
    LANG: 'C.UTF-8',
    PYTHONUNBUFFERED: '1',
    AWS_DEFAULT_REGION: region,
    GATEWAY_LISTEN: `127.0.0.1:${port}`,
    GATEWAY_SERVER: 'hypercorn', // its own default, Twisted, listens on every interface whatever GATEWAY_LISTEN says
    DNS_ADDRESS: '0', // no name server on port 53
    DISABLE_EVENTS: '1', // else it sends what it counts of its use
    ANALYTICS_API: reportsTo,
    SKIP_SSL_CERT_DOWNLOAD: '1',
    OVERRIDE_IN_DOCKER: '0', // else it takes a container that it finds itself in for its own, and writes to /var/lib and /etc
    FILESYSTEM_ROOT: folder,
    LEGACY_DOCKER_CLIENT: '1', // the command, not the socket
    DOCKER_CMD: docker,
  }
}
