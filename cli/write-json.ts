import { writeFile } from 'node:fs/promises'
import { MillraceError } from '#models/errors.ts'

/** @throws ARGUMENT_INVALID where the file that --json names cannot be written */
export async function writeJson(file: string, value: unknown): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(value, null, 2)}\n`)
  } catch (cause) {
    throw new MillraceError('ARGUMENT_INVALID', `--json cannot be written: ${(cause as Error).message}`, { cause })
  }
}
