import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { MillraceError } from '#models/errors.ts'
import { logsFolder } from './folders.mjs'

export interface ProcessSpec {
  /** Names the process in messages and its log, `.local/logs/<name>.log`. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** The whole environment of the process; nothing is inherited. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Made by the caller, removed when the process is stopped or this program is gone. */
  readonly folder?: string | undefined
  /** Called at `stop`, once the process has ended and before the folder is removed. */
  readonly beforeRemoval?: (() => void) | undefined
  /** How long `stop` waits after SIGTERM before it sends SIGKILL; 3 s if absent. */
  readonly graceMs?: number
}

export interface OwnedProcess {
  readonly name: string
  readonly pid: number
  readonly logFile: string
  /** Waits for `isReady`, asked again and again; refuses with the end of the log if the process ends first or takes too long. */
  untilReady(isReady: () => Promise<boolean>, timeoutMs: number): Promise<void>
  /** Ends the process and its own children as a power cut would; its folder stays until `stop`. */
  kill(): Promise<void>
  /** Ends the process with all its own children and removes its folder; a second call waits for the first. */
  stop(): Promise<void>
}

interface Running {
  readonly folder: string | undefined
  readonly isLive: () => boolean
  readonly stop: () => Promise<void>
}

const running = new Map<number, Running>()
let leash: ChildProcess | undefined

/**
 * Starts a server that this program owns: in a process group of its own, and never outliving this program.
 *
 * No signal handler is installed. Ctrl-C reaches only this program; whatever ends it, the leash ends the rest.
 *
 * @throws PREREQUISITE_MISSING where the command is not installed
 * @example const kafka = await startProcess({ name: 'kafka', command: 'java', args: ['kafka.Kafka'], env: process.env })
 */
export async function startProcess(spec: ProcessSpec): Promise<OwnedProcess> {
  mkdirSync(logsFolder, { recursive: true })
  const logFile = join(logsFolder, `${spec.name}.log`)
  rmSync(logFile, { force: true }) // a new file: another run may still write to the old one
  const log = openSync(logFile, 'a+')
  holdLeash()
  const child = spawn(spec.command, spec.args, { env: spec.env as NodeJS.ProcessEnv, detached: true, stdio: ['ignore', log, log] })
  const { pid } = child
  if (pid === undefined) return refuseStart(child, spec, log)

  let hasEnded = false
  const ended = new Promise<void>(resolve => {
    child.once('exit', () => {
      hasEnded = true
      signalGroup(pid, 'SIGKILL') // its own children, if it left any
      tellLeash() // which must not signal a group whose number may come again
      resolve()
    })
  })
  const fault = (what: string) =>
    new MillraceError('SERVER_FAILED', `${spec.name} ${what}; the end of ${logFile}:\n${readEnd(log)}`, { retryable: true })

  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= (async () => {
      if (!hasEnded) signalGroup(pid, 'SIGTERM')
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), spec.graceMs ?? 3_000)
      await ended
      clearTimeout(timer)
      closeSync(log)
      spec.beforeRemoval?.()
      if (spec.folder) rmSync(spec.folder, { recursive: true, force: true })
      running.delete(pid)
      tellLeash()
    })()
    return stopped
  }
  running.set(pid, { folder: spec.folder, isLive: () => !hasEnded, stop })
  tellLeash()

  return {
    name: spec.name,
    pid,
    logFile,
    stop,
    async kill() {
      if (!hasEnded) signalGroup(pid, 'SIGKILL')
      await ended
    },
    async untilReady(isReady, timeoutMs) {
      const deadlineMs = Date.now() + timeoutMs
      while (!(await isReady())) {
        if (hasEnded) throw fault(`ended with ${child.signalCode ?? child.exitCode} before it was ready`)
        if (Date.now() > deadlineMs) throw fault(`was not ready within ${timeoutMs} ms`)
        await sleep(20)
      }
    },
  }
}

/** Ends every process this program owns, the last one first. Safe to call again, and while a first call is under way. */
export async function stopAll(): Promise<void> {
  for (const { stop } of [...running.values()].reverse()) await stop()
}

function refuseStart(child: ChildProcess, spec: ProcessSpec, log: number): Promise<never> {
  closeSync(log)
  if (spec.folder) rmSync(spec.folder, { recursive: true, force: true })
  return new Promise((_, reject) => {
    child.once('error', cause => {
      const message = `${spec.name} needs the command ${spec.command}, which cannot be started; run npm run setup to see what is missing`
      reject(new MillraceError('PREREQUISITE_MISSING', message, { cause }))
    })
  })
}

/** Starts the leash once, outside our process group and without keeping this program alive. */
function holdLeash(): void {
  if (leash) return
  const script = fileURLToPath(new URL('leash.mjs', import.meta.url))
  leash = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  leash.unref()
  const pipe = leash.stdin as Socket
  pipe.unref()
  pipe.on('error', () => {}) // a leash that was killed by hand: the run goes on without it
}

function tellLeash(): void {
  const groups = [...running].filter(([, { isLive }]) => isLive()).map(([pid]) => pid)
  const folders = [...running.values()].flatMap(({ folder }) => folder ?? [])
  leash?.stdin?.write(`${JSON.stringify({ groups, folders })}\n`)
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {} // the group is gone
}

const shownBytes = 2_000

/** The last lines of our own log, read through the descriptor: a later run may have put another file in its place. */
function readEnd(log: number): string {
  const { size } = fstatSync(log)
  const bytes = Buffer.alloc(Math.min(size, shownBytes))
  readSync(log, bytes, 0, bytes.length, size - bytes.length)
  const lines = bytes.toString('utf8').trimEnd().split('\n')
  return (size > shownBytes ? lines.slice(1) : lines).slice(-15).join('\n')
}
