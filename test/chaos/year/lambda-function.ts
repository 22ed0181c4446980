import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** What one invocation took. */
export interface Invocation {
  readonly wallMs: number
  readonly cpuMs: number
  /** What its threads waited for a core, all together, as they would not on a machine of their own. */
  readonly queuedMs: number
  /** The largest resident memory of the process until then. */
  readonly peakMb: number
  /** Records that were reported failed. */
  readonly failed: number
  readonly answer?: unknown
  readonly error?: string
}

/** A bundled function in a process of its own. */
export interface LambdaFunction {
  invoke(payload: string): Promise<Invocation>
  /** The most bytes that its /tmp held at a time, looked at ten times a second. */
  diskMb(): number
  stop(): Promise<void>
}

/** Memory that Lambda's runtime of Node leaves to old objects. */
const heapRatio = 0.9

/**
 * Starts a bundle with as much heap as Lambda gives it, a /tmp of its own, and nothing of this environment.
 *
 * @example const infer = openFunction(folderOf('infer'), { memoryMb: 1_769, timeoutSec: 60, env: { MODEL_BUCKET: 'models' } })
 */
export function openFunction(
  folder: string,
  limits: { readonly memoryMb: number; readonly timeoutSec: number; readonly env: Readonly<Record<string, string>> },
): LambdaFunction {
  const disk = mkdtempSync(path.join(tmpdir(), 'millrace-year-tmp-'))
  mkdirSync(disk, { recursive: true })
  const child = fork(path.join(import.meta.dirname, 'lambda-runtime.cjs'), [path.join(folder, 'index.js')], {
    execArgv: [`--max-old-space-size=${Math.floor(limits.memoryMb * heapRatio)}`],
    env: { PATH: process.env.PATH, TMPDIR: disk, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(limits.memoryMb), ...limits.env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
  let errors = ''
  child.stderr?.on('data', data => {
    errors = `${errors}${data}`.slice(-4_000)
  })
  let mostBytes = 0
  const watch = setInterval(() => {
    mostBytes = Math.max(mostBytes, bytesUnder(disk))
  }, 100)
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  return {
    invoke: payload => invokeOnce(child, payload, { timeoutMs: limits.timeoutSec * 1_000, errors: () => errors }),
    diskMb: () => mostBytes / 1_048_576,
    async stop() {
      clearInterval(watch)
      if (child.connected) child.disconnect()
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
      rmSync(disk, { recursive: true, force: true })
    },
  }
}

/** One that takes longer than its timeout, or ends the process, is an invocation with an error. */
function invokeOnce(
  child: ChildProcess,
  payload: string,
  { timeoutMs, errors }: { readonly timeoutMs: number; readonly errors: () => string },
): Promise<Invocation> {
  return new Promise(resolve => {
    const startedMs = performance.now()
    const fail = (error: string) => finish({ wallMs: performance.now() - startedMs, cpuMs: 0, queuedMs: 0, peakMb: 0, failed: 0, error })
    const finish = (invocation: Invocation) => {
      clearTimeout(timer)
      child.off('message', onMessage).off('exit', onExit)
      resolve(invocation)
    }
    const onMessage = (message: unknown) => finish(message as Invocation)
    const onExit = (code: number | null, signal: string | null) => fail(`the process ended with ${signal ?? code}: ${errors()}`)
    const timer = setTimeout(() => fail(`no answer in ${timeoutMs / 1_000} s`), timeoutMs)
    child.on('message', onMessage).on('exit', onExit)
    if (child.connected) child.send(payload)
    else onExit(child.exitCode, child.signalCode) // it ended after the invocation before
  })
}

function bytesUnder(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .reduce((sum, { parentPath, name }) => sum + sizeOf(path.join(parentPath, name)), 0)
  } catch {
    return 0 // a folder was removed meanwhile
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
