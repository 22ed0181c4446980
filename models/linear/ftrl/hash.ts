/**
 * A 32-bit hash of a category of a feature, by names: the same in every process, whatever code a dictionary gives the category.
 *
 * FNV-1a over the UTF-16 units of `feature`, a zero, `category`; then MurmurHash3's finaliser, which spreads the last
 * characters over all bits, so that any few bits of it serve as a table index.
 *
 * @see Fowler, Noll & Vo, FNV-1a (RFC 9923); Appleby, MurmurHash3, `fmix32`
 * @example hashCategory('origin', 'JFK') & 0x3ffff // one of 2^18 slots
 */
export function hashCategory(feature: string, category: string): number {
  return mix(addText(addUnit(addText(0x811c9dc5, feature), 0), category))
}

function addText(hash: number, text: string): number {
  let added = hash
  for (let at = 0; at < text.length; at++) added = addUnit(added, text.charCodeAt(at))
  return added
}

/** One step of FNV-1a with a unit of 16 bits. */
function addUnit(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193)
}

function mix(hash: number): number {
  const first = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35)
  return (second ^ (second >>> 16)) >>> 0
}
