const utf8 = new TextEncoder()

/** FNV-1a over the bytes, from a starting value. */
function hashBytes(bytes: Uint8Array, start: number): number {
  let hash = start
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193)
  return hash
}

/** Makes neighbouring hashes independent in all their bits: the finalizer of MurmurHash3. */
function scatter(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/**
 * Tells which keys are a challenger's: about `share` of them, from 0 to 1.
 *
 * A key keeps its side while the challenger serves, in every function and after every restart; a larger share keeps the keys that a
 * smaller one had. Another version has other keys, so that no key meets every experiment.
 *
 * @example makeKeySplit('v2', 0.2)('order-17') // the same answer each time
 */
export function makeKeySplit(version: string, share: number): (key: Uint8Array | string) => boolean {
  const start = hashBytes(utf8.encode(version), 0x811c9dc5 | 0)
  const below = share * 2 ** 32
  return key => scatter(hashBytes(typeof key === 'string' ? utf8.encode(key) : key, start)) < below
}
