/** What a script of this folder was called with: what to do, or what to print and how to exit. */
export type ScriptArguments = { readonly argument: string | undefined } | { readonly text: string; readonly exitCode: 0 | 2 }

/**
 * Reads the arguments of a script that takes one of `allowed`, or none; `--help` gives the usage.
 *
 * @example parseScriptArguments(['arm64'], { usage, allowed: ['x86_64', 'arm64'] }) // { argument: 'arm64' }
 */
export function parseScriptArguments(
  args: readonly string[],
  { usage, allowed }: { readonly usage: string; readonly allowed: readonly string[] },
): ScriptArguments {
  if (args.some(argument => argument === '--help' || argument === '-h')) return { text: usage, exitCode: 0 }
  const isKnown = args.length === 0 || (args.length === 1 && allowed.includes(args[0]))
  if (isKnown) return { argument: args[0] }
  const may = allowed.length === 0 ? 'there must be no argument' : `the argument must be ${allowed.join(' or ')}, or left out`
  return { text: `${may}, got ${args.join(' ')}\n${usage}`, exitCode: 2 }
}

/** The argument; where there is something to say instead, says it and ends the process. */
export function readScriptArgument(usage: string, allowed: readonly string[] = []): string | undefined {
  const read = parseScriptArguments(process.argv.slice(2), { usage, allowed })
  if ('argument' in read) return read.argument
  console[read.exitCode === 0 ? 'log' : 'error'](read.text)
  process.exit(read.exitCode)
}
