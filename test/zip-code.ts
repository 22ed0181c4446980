import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A zip with one file, index.js; Python is there wherever the emulator is. */
export function zipCode(code: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-zip-'))
  writeFileSync(join(folder, 'index.js'), code)
  execFileSync('python3', ['-m', 'zipfile', '-c', 'code.zip', 'index.js'], { cwd: folder })
  const bytes = readFileSync(join(folder, 'code.zip'))
  rmSync(folder, { recursive: true })
  return bytes
}
