/**
 * How the values of one feature fall into bins. The last bin is always the one for missing values, so that a later training (warm start)
 * may meet them even if this one did not.
 *
 * A number: bin `b` holds the values with `edges[b - 1] < value <= edges[b]`, compared as float32.
 * A category: bin `b` holds the category code `codes[b]`; all other codes share the next bin, "other".
 */
export type FeatureBins =
  | { readonly kind: 'number'; readonly edges: readonly number[] }
  | { readonly kind: 'category'; readonly codes: readonly number[] }

/** The bin of missing values, the last one. */
export function missingBinOf(bins: FeatureBins): number {
  return bins.kind === 'number' ? bins.edges.length + 1 : bins.codes.length + 1
}

/** The bin shared by the rare and the unseen categories. */
export function otherBinOf(bins: FeatureBins & { readonly kind: 'category' }): number {
  return bins.codes.length
}

/** For every category code its bin; a code beyond the end is one of the others. */
export function toBinOfCode(bins: FeatureBins & { readonly kind: 'category' }): Uint8Array {
  const binOfCode = new Uint8Array(Math.max(-1, ...bins.codes) + 1).fill(otherBinOf(bins))
  for (const [bin, code] of bins.codes.entries()) binOfCode[code] = bin
  return binOfCode
}

/** Upper edge of a number's bin; the last bin has none, so all present values are at most infinity. */
export function upperEdge(bins: FeatureBins, bin: number): number {
  return (bins.kind === 'number' ? bins.edges[bin] : undefined) ?? Number.POSITIVE_INFINITY
}
