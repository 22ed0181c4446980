/** How deep JSON may be nested. V8 writes some 5,000 levels before its stack ends, and what it reads has no limit. */
export const levelsAtMost = 1_000

const [quote, backslash, openList, openObject, closeList, closeObject] = Buffer.from('"\\[{]}')

/**
 * Whether JSON's bytes are nested deeper than `levelsAtMost`: such a value can be read, and not written again. What is too short for it is not
 * looked at.
 *
 * @example isTooDeep(Buffer.from('['.repeat(2_000) + ']'.repeat(2_000))) // true
 */
export function isTooDeep(json: Uint8Array): boolean {
  if (json.byteLength <= 2 * levelsAtMost) return false
  let level = 0
  let isText = false
  for (let at = 0; at < json.byteLength; at++) {
    const byte = json[at]
    if (isText) {
      if (byte === backslash) at++
      else if (byte === quote) isText = false
    } else if (byte === quote) isText = true
    else if (byte === openList || byte === openObject) {
      if (++level > levelsAtMost) return true
    } else if (byte === closeList || byte === closeObject) level--
  }
  return false
}

/** The same of a value that was read; `levels` are what it may have. */
export function isValueTooDeep(value: unknown, levels = levelsAtMost): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some(inner => isValueTooDeep(inner, levels - 1))
}
