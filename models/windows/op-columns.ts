import type { Op } from './op.ts'

/** An op and the offset of the record that it came from. */
export interface OffsetOp {
  readonly offset: number
  readonly op: Op
}

/**
 * Ops as columns for JSON: offsets and times as steps from the one before, each key as a code into a dictionary.
 *
 * A flight's landing takes about 20 bytes so, before compression.
 */
export interface OpColumns {
  readonly offsets: readonly number[]
  readonly times: readonly number[]
  /** For each key function: its distinct keys, and a code for each op; -1 is no key. */
  readonly keys: readonly { readonly names: readonly string[]; readonly codes: readonly number[] }[]
  /** For each value: one for each op; null is no value. */
  readonly values: readonly (readonly (number | null)[])[]
  /** Absent where nothing joins with the source. */
  readonly rows?: readonly (Op['rows'] | null)[]
}

/** @example toOps(toColumns(ops)) // the same ops */
export function toColumns(ops: readonly OffsetOp[]): OpColumns {
  const [{ op: first } = { op: undefined }] = ops
  return {
    offsets: ops.map(({ offset }, at) => offset - (at === 0 ? 0 : ops[at - 1].offset)),
    times: ops.map(({ op }, at) => op.atMs - (at === 0 ? 0 : ops[at - 1].op.atMs)),
    keys: (first?.keys ?? []).map((_, key) => {
      const codes = new Map<string, number>()
      const codeOf = (name: string | null) => {
        if (name === null) return -1
        const code = codes.get(name) ?? codes.size
        codes.set(name, code)
        return code
      }
      const column = ops.map(({ op }) => codeOf(op.keys[key]))
      return { names: [...codes.keys()], codes: column }
    }),
    values: (first?.values ?? []).map((_, value) => ops.map(({ op }) => (Number.isNaN(op.values[value]) ? null : op.values[value]))),
    ...(first?.rows ? { rows: ops.map(({ op }) => op.rows ?? null) } : {}),
  }
}

export function toOps({ offsets, times, keys, values, rows }: OpColumns): OffsetOp[] {
  let offset = 0
  let atMs = 0
  return offsets.map((step, at) => {
    offset += step
    atMs += times[at]
    const op = {
      atMs,
      keys: keys.map(({ names, codes }) => (codes[at] < 0 ? null : names[codes[at]])),
      values: values.map(column => column[at] ?? Number.NaN),
      ...(rows?.[at] ? { rows: rows[at].map(row => row ?? undefined) } : {}), // JSON makes null of what is not there
    }
    return { offset, op }
  })
}
