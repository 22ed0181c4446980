import { type FeatureBins, missingBinOf, otherBinOf, toBinOfCode } from './bins.ts'

/** Writes the bins of one feature: `count` values from `values[at]` on, `step` apart, into `bytes[to]` on, `byteStep` apart. */
export type BinMapper = (
  values: Float32Array,
  at: number,
  step: number,
  count: number,
  bytes: Uint8Array,
  to: number,
  byteStep: number,
) => void

export function makeBinMapper(bins: FeatureBins): BinMapper {
  return bins.kind === 'number' ? makeNumberMapper(bins) : makeCategoryMapper(bins)
}

const cellCount = 4096

/**
 * A uniform grid over the edges narrows the search to the bins that meet the value's cell, mostly one (10 ns a value; a search over all
 * edges takes 76). Skewed edges share a cell and are searched by halves.
 */
function makeNumberMapper(bins: FeatureBins & { readonly kind: 'number' }): BinMapper {
  const edges = Float32Array.from(bins.edges)
  const missingBin = missingBinOf(bins)
  const finite = edges.filter(Number.isFinite)
  const low = finite[0] ?? 0
  const width = (finite.at(-1) ?? 0) - low
  const scale = width > 0 ? (cellCount - 1) / width : 0
  const { lowest, highest } = toCellBins(edges, low, scale)
  return (values, at, step, count, bytes, to, byteStep) => {
    for (let i = 0; i < count; i++) {
      const value = values[at + i * step]
      let bin = missingBin
      if (!Number.isNaN(value)) {
        const cell = toCell(value, low, scale)
        bin = lowest[cell]
        let end = highest[cell]
        while (bin < end) {
          const middle = (bin + end) >> 1
          if (value <= edges[middle]) end = middle
          else bin = middle + 1
        }
      }
      bytes[to + i * byteStep] = bin
    }
  }
}

function toCell(value: number, low: number, scale: number): number {
  const position = (value - low) * scale
  if (position >= cellCount) return cellCount - 1
  return position > 0 ? position | 0 : 0
}

/** For every cell the range of bins that its values can have: edges of lower cells are below it, edges of its own may be. */
function toCellBins(edges: Float32Array, low: number, scale: number) {
  const lowest = new Uint8Array(cellCount)
  const highest = new Uint8Array(cellCount)
  let edge = 0
  for (let cell = 0; cell < cellCount; cell++) {
    lowest[cell] = edge
    while (edge < edges.length && toCell(edges[edge], low, scale) <= cell) edge++
    highest[cell] = edge
  }
  return { lowest, highest }
}

function makeCategoryMapper(bins: FeatureBins & { readonly kind: 'category' }): BinMapper {
  const missingBin = missingBinOf(bins)
  const otherBin = otherBinOf(bins)
  const binOfCode = toBinOfCode(bins)
  return (values, at, step, count, bytes, to, byteStep) => {
    for (let i = 0; i < count; i++) {
      const code = values[at + i * step]
      bytes[to + i * byteStep] = Number.isNaN(code) ? missingBin : (binOfCode[code] ?? otherBin)
    }
  }
}
