import { spawn } from 'node:child_process'

const shownLineCount = 10 // from each end: npm says the cause first, Maven and pip last

/** A fault the user can mend: its message is all that set-up prints. */
export class SetupError extends Error {}

/** Runs a command without a shell; resolves with all it printed, refuses with the first and last lines if it fails or cannot start. */
export function run(command, args, { env = process.env, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', chunk => (output += chunk))
    child.once('error', cause => reject(new SetupError(`${command} cannot be started: ${cause.message}`)))
    child.once('close', (exitCode, signal) => {
      if (exitCode === 0) return resolve(output)
      reject(new SetupError(`${command} ${args.join(' ')} ended with ${signal ?? exitCode}:\n${shorten(output)}`))
    })
  })
}

function shorten(output) {
  const lines = output
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => `  ${line}`)
  if (lines.length <= 2 * shownLineCount) return lines.join('\n')
  return [...lines.slice(0, shownLineCount), '  …', ...lines.slice(-shownLineCount)].join('\n')
}

/** What a command prints, or undefined where it cannot be run. */
export const ask = (command, args, options) => run(command, args, options).catch(() => undefined)
