import { InvalidArgumentError } from 'commander'

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A number of rows, or a span of event time. */
export type Span = { readonly rows: number } | { readonly ms: number }

/**
 * Reads `500` as rows, `90s`, `15m`, `6h`, `2d` as event time.
 *
 * @throws InvalidArgumentError for anything else
 * @example parseSpan('6h') // { ms: 21_600_000 }
 */
export function parseSpan(text: string): Span {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? []
  const value = Number(amount)
  if (amount === undefined || (unit === undefined && !Number.isInteger(value))) {
    throw new InvalidArgumentError('It must be a whole number of rows, or a time such as 90s, 15m, 6h, 2d.')
  }
  return unit === undefined ? { rows: value } : { ms: value * unitMs[unit as keyof typeof unitMs] }
}
