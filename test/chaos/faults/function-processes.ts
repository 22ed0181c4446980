import { readdirSync, readFileSync } from 'node:fs'

/**
 * The processes that run a function now: children of the emulator whose environment names it.
 *
 * Linux only: it reads /proc.
 */
export function findFunctionProcesses(emulatorPid: number, functionName: string): number[] {
  const name = `AWS_LAMBDA_FUNCTION_NAME=${functionName}`
  return childrenOf(emulatorPid).filter(pid => readProc(pid, 'environ').split('\0').includes(name))
}

/** Ends them as an out-of-memory killer would; gives how many there were. */
export function killFunction(emulatorPid: number, functionName: string): number {
  const found = findFunctionProcesses(emulatorPid, functionName)
  for (const pid of found) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {} // it ended by itself meanwhile
  }
  return found.length
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => parentOf(pid) === parent)
}

/** The fourth field of `stat`; the second is the command's name in brackets, which may hold anything. */
function parentOf(pid: number): number {
  const stat = readProc(pid, 'stat')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** Empty where the process is gone or another user's. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return ''
  }
}
