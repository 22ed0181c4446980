// A folder is installed whole or not at all: it is built beside its place, stamped, and moved there by one rename.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const stampName = '.stamp'

/** The stamp of a folder made from these inputs: text, or the contents of files given as `{ file }`. */
export function toStamp(inputs) {
  const hash = createHash('sha256')
  for (const input of inputs) hash.update(typeof input === 'string' ? input : readFileSync(input.file)).update('\0')
  return hash.digest('hex')
}

export function hasStamp(folder, stamp) {
  try {
    return readFileSync(join(folder, stampName), 'utf8') === stamp
  } catch {
    return false
  }
}

/** Lets `build(temporaryFolder)` fill a folder, then puts it in the place of the old one. Only one caller at a time: see lock.mjs. */
export async function installFolder(folder, stamp, build) {
  const parent = dirname(folder)
  const prefix = `${basename(folder)}.new-`
  mkdirSync(parent, { recursive: true })
  for (const name of readdirSync(parent)) {
    if (name.startsWith(prefix)) rmSync(join(parent, name), { recursive: true, force: true }) // left by a set-up that was killed
  }
  const temporary = join(parent, prefix + process.pid)
  mkdirSync(temporary)
  await build(temporary)
  writeFileSync(join(temporary, stampName), stamp)
  rmSync(folder, { recursive: true, force: true })
  renameSync(temporary, folder)
}
