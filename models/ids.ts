/** The longest id, in bytes of UTF-8: it is a key of tables and of records, and goes into notifications. */
export const idBytesAtMost = 1_024

const utf8 = new TextEncoder()

/**
 * What is wrong with the id of an event or a label; undefined where nothing is.
 *
 * An id is a text of 1 to 1,024 bytes in UTF-8 without half a surrogate pair, or a number, which counts as its text: at most 2^53 − 1, for
 * a larger one has lost digits as JSON was read, and would be another's.
 *
 * @example findIdFault('f1') // undefined
 */
export function findIdFault(id: unknown): string | undefined {
  if (typeof id === 'number') {
    return Math.abs(id) <= Number.MAX_SAFE_INTEGER ? undefined : `an id must be a text where numbers are over 2^53, got ${id}`
  }
  if (typeof id !== 'string') return `an id must be a text or a number, got ${id === null ? 'null' : typeof id}`
  if (id === '') return 'an id must not be empty'
  if (!id.isWellFormed()) return 'an id must be well-formed Unicode, it holds half a surrogate pair'
  const isShort = id.length * 3 <= idBytesAtMost // no character takes more
  const bytes = isShort ? 0 : utf8.encode(id).length
  return bytes > idBytesAtMost ? `an id must be at most ${idBytesAtMost} bytes, got ${bytes}` : undefined
}
