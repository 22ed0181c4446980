/** Something that init decided without being sure, or that a producer must know: what, why, and what to do. */
export interface Note {
  readonly about: 'id' | 'time' | 'label' | 'left out' | 'category' | 'number' | 'leak' | 'missing' | 'settings' | 'file'
  /** The column it is about; null where it is about the whole file. */
  readonly column: string | null
  readonly text: string
}

/** A name in single quotes, with control characters written out. */
export function quoted(value: unknown): string {
  const text = String(value)
  const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text
  return `'${JSON.stringify(shown).slice(1, -1).replaceAll('\\"', '"')}'`
}

/** @example toPercent(1, 8) // '12.5 %' */
export function toPercent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`
}

/** Words of a message: the first `most` and how many more. */
export function listed(names: readonly (string | number | boolean)[], most = 30): string {
  const rest = names.length > most ? `, and ${names.length - most} more` : ''
  return names.slice(0, most).join(', ') + rest
}
