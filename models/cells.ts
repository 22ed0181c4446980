import { z } from 'zod'

/**
 * A cell as a number, or null: what reads as no number is missing.
 *
 * @example toNumber('12.5') // 12.5
 * @example toNumber('n/a') // null
 */
export function toNumber(cell: unknown): number | null {
  const value = typeof cell === 'string' && cell.trim() !== '' ? Number(cell) : cell
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/**
 * A cell as a text, or null where it is empty: a column of codes may hold 00501 as a text and 10001 as a number.
 *
 * @example toText(10001) // '10001'
 */
export function toText(cell: unknown): string | null {
  return cell === null || cell === undefined || cell === '' ? null : String(cell)
}

/**
 * A number that may come as a text: the schema sees the number, and null where the text is none, such as n/a or an empty one.
 *
 * @example asNumber(number().nullish()) // of '12.5', 12.5, 'n/a', null
 */
export function asNumber<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess(toNumber, schema)
}

/**
 * A text that may come as a number or a flag: the schema sees the text, and null where it is empty.
 *
 * @example asText(text()) // of '00501', 10001
 */
export function asText<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess(toText, schema)
}
