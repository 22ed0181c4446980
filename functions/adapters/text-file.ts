import { readFile } from 'node:fs/promises'

/** The text of a file that was bundled beside the code. */
export function readText(file: string): Promise<string> {
  return readFile(file, 'utf8')
}
