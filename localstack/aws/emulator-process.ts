import { type ProcessSpec, startProcess } from '../processes.ts'
import { answersHttp } from './probe.ts'

/** An emulator as a process of ours. */
export interface EmulatorProcess {
  readonly endpoint: string
  readonly pid: number
  stop(): Promise<void>
}

/** Starts an emulator that will listen on this port of 127.0.0.1, and waits until its health address answers; ends it where that takes too long. */
export async function startEmulatorProcess(
  spec: ProcessSpec,
  { port, healthPath, timeoutMs }: { readonly port: number; readonly healthPath: string; readonly timeoutMs: number },
): Promise<EmulatorProcess> {
  const emulator = await startProcess(spec)
  const endpoint = `http://127.0.0.1:${port}`
  try {
    await emulator.untilReady(() => answersHttp(`${endpoint}${healthPath}`), timeoutMs)
  } catch (cause) {
    await emulator.stop()
    throw cause
  }
  return { endpoint, pid: emulator.pid, stop: emulator.stop }
}
