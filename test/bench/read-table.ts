import { closeSync, openSync, readSync } from 'node:fs'

/** `count` numbers of a float32 file, from number `from` on. */
export function readFloats(file: string, from: number, count: number): Float32Array {
  const values = new Float32Array(count)
  const descriptor = openSync(file, 'r')
  readSync(descriptor, new Uint8Array(values.buffer), 0, 4 * count, 4 * from)
  closeSync(descriptor)
  return values
}
