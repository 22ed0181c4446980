import * as map from './memory-map.ts'
import type { MemoryViews } from './memory-views.ts'

/** Twin of assembly/histogram.ts: two 32-bit adds where WebAssembly does one of 64 bits. */
export function addToHistogram(views: MemoryViews, begin: number, end: number, histogram: number): void {
  const { u8, i32, u32 } = views
  const stride = u32[map.STRIDE >> 2]
  const isWide = u32[map.IS_WIDE >> 2]
  const binsOffset = isWide ? map.WIDE_BINS : map.COMPACT_BINS
  const featureCount = u32[map.GROUP_COUNT >> 2] * 8
  for (let row = begin; row < end; row += stride) {
    const packed = u32[(row + map.PACKED) >>> 2]
    const gradient = isWide ? i32[(row + map.GRADIENT) >>> 2] : (packed | 0) >> 16
    const hessian = isWide ? u32[(row + map.HESSIAN) >>> 2] : packed & 0xffff
    for (let feature = 0; feature < featureCount; feature++) {
      const bin = (histogram + feature * map.FEATURE_HISTOGRAM_BYTES + u8[row + binsOffset + feature] * 8) >>> 2
      i32[bin] += hessian
      i32[bin + 1] += gradient
    }
  }
}

function histogramOf(views: MemoryViews, index: number): number {
  if (index === 0) return views.u32[map.HISTOGRAM >> 2]
  return views.u32[map.PART_HISTOGRAMS >> 2] + (index - 1) * histogramBytes(views)
}

function histogramBytes(views: MemoryViews): number {
  return views.u32[map.GROUP_COUNT >> 2] * map.GROUP_HISTOGRAM_BYTES
}

export function clearedHistogramOf(views: MemoryViews, index: number): number {
  const histogram = histogramOf(views, index)
  views.u8.fill(0, histogram, histogram + histogramBytes(views))
  return histogram
}

export function mergeHistograms(views: MemoryViews, partCount: number, parent: number): void {
  const { i32 } = views
  const wordCount = histogramBytes(views) >> 2
  const target = histogramOf(views, 0) >>> 2
  for (let index = 1; index < partCount; index++) {
    const source = histogramOf(views, index) >>> 2
    for (let word = 0; word < wordCount; word++) i32[target + word] += i32[source + word]
  }
  if (parent === 0) return
  for (let word = 0; word < wordCount; word++) i32[(parent >>> 2) + word] -= i32[target + word]
}
