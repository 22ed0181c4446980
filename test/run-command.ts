import { runMillrace } from '../cli/program.ts'

/** Runs `millrace` with these arguments, and gives what it wrote. */
export async function runCommand(...args: string[]) {
  const written = { stdout: '', stderr: '' }
  const terminal = {
    stdout: { write: (text: string) => (written.stdout += text) },
    stderr: { write: (text: string) => (written.stderr += text) },
    signal: new AbortController().signal,
  }
  return { exitCode: await runMillrace(args, terminal), ...written }
}
