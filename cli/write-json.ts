import { access, constants, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { MillraceError } from '#models/errors.ts'
import type { Terminal } from './terminal.ts'

/** `--json` alone prints JSON in place of the text; with a file, the text is printed and the file has the JSON. */
export type JsonFlag = string | true | undefined

/**
 * Whether a file can be written, asked before a long run and not after it. It is neither made nor changed.
 *
 * @throws ARGUMENT_INVALID that names the flag
 * @example await checkWritable('--json', 'out/result.json')
 */
export async function checkWritable(flag: string, file: JsonFlag): Promise<void> {
  if (typeof file !== 'string') return
  try {
    const there = await stat(file).catch(() => undefined)
    if (there?.isDirectory()) throw new Error(`${file} is a folder`)
    await access(there ? file : path.dirname(path.resolve(file)), constants.W_OK)
  } catch (cause) {
    throw new MillraceError('ARGUMENT_INVALID', `${flag} must be a file that can be written, got ${file}: ${(cause as Error).message}`, {
      cause,
    })
  }
}

/** Prints the text, or the value as JSON where `--json` says so. */
export async function writeResult(
  { stdout }: Pick<Terminal, 'stdout'>,
  result: { readonly json: JsonFlag; readonly text: string; readonly value: unknown },
): Promise<void> {
  const { json, text, value } = result
  if (json === true) {
    stdout.write(`${JSON.stringify(value)}\n`)
    return
  }
  stdout.write(`${text}\n`)
  if (json !== undefined) await writeJson(json, value)
}

/** @throws ARGUMENT_INVALID where the file that --json names cannot be written */
export async function writeJson(file: string, value: unknown): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(value, null, 2)}\n`)
  } catch (cause) {
    throw new MillraceError('ARGUMENT_INVALID', `--json cannot be written: ${(cause as Error).message}`, { cause })
  }
}
