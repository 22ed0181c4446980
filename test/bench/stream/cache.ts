import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

/** Figures by a hash of what made them. To make them anew, delete the folder. */
export interface Cache {
  has(madeOf: readonly string[]): boolean
  read<T>(madeOf: readonly string[]): T | undefined
  write(madeOf: readonly string[], figures: object): void
}

export function openCache(folder: string): Cache {
  mkdirSync(folder, { recursive: true })
  const fileOf = (madeOf: readonly string[]) =>
    `${folder}/${createHash('sha256').update(JSON.stringify(madeOf)).digest('hex').slice(0, 24)}.json`
  return {
    has: madeOf => existsSync(fileOf(madeOf)),
    read(madeOf) {
      const file = fileOf(madeOf)
      return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
    },
    write(madeOf, figures) {
      const file = fileOf(madeOf)
      writeFileSync(`${file}.part`, JSON.stringify(figures))
      renameSync(`${file}.part`, file) // never half a file
    },
  }
}
