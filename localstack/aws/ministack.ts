import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataFolder, ministackFolder, packagesFolder } from '../folders.mjs'
import { freePorts } from '../ports.ts'
import { type EmulatorProcess, startEmulatorProcess } from './emulator-process.ts'

export interface MinistackOptions {
  readonly brokers: string
  readonly region: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** What every function finds in its environment besides. */
  readonly functionEnv?: Readonly<Record<string, string>>
}

/** MiniStack on 127.0.0.1, with everything in memory; functions run as processes of the Node in node_modules. */
export async function startMinistack({ brokers, region, env, functionEnv }: MinistackOptions): Promise<EmulatorProcess> {
  const [port] = await freePorts(1)
  mkdirSync(dataFolder, { recursive: true })
  const folder = mkdtempSync(join(dataFolder, 'ministack-'))
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}') // else its worker scripts would be ES modules, as this project is
  return startEmulatorProcess(
    {
      name: 'ministack',
      command: join(ministackFolder, 'bin', 'python'),
      args: ['-m', 'ministack'],
      env: { ...toMinistackEnvironment({ brokers, region, env, port, folder }), ...functionEnv },
      folder,
    },
    { port, healthPath: '/_ministack/health', timeoutMs: 30_000 },
  )
}

/** A short environment, not the user's: MiniStack hands all of its own to every function it runs. */
export function toMinistackEnvironment(options: MinistackOptions & { readonly port: number; readonly folder: string }) {
  const { brokers, region, env, port, folder } = options
  return {
    PATH: [join(packagesFolder, '.bin'), env.PATH].join(':'), // `node` is Lambda's own major
    HOME: folder,
    TMPDIR: folder, // the unpacked code of every function, 46 MB with ONNX Runtime: removed with the folder
    LANG: 'C.UTF-8',
    PYTHONUNBUFFERED: '1',
    BIND_HOST: '127.0.0.1', // its own default is every interface
    GATEWAY_PORT: String(port),
    MINISTACK_REGION: region,
    MINISTACK_MSK_BOOTSTRAP: brokers,
    MINISTACK_MSK_BOOTSTRAP_SASL_IAM: brokers,
    LOG_LEVEL: 'WARNING', // at INFO a line a request
    SFTP_ENABLED: '0',
    IOT_MTLS_ENABLED: '0', // would listen on 8883
  }
}
