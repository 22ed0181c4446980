import { addTree } from './js-add-tree.ts'
import { addToWideRange, quantiseWideRows, startCompactRange } from './js-gradients.ts'
import { addToHistogram, clearedHistogramOf, mergeHistograms } from './js-histogram.ts'
import { partitionRows } from './js-partition.ts'
import type { Kernels } from './kernels.ts'
import * as map from './memory-map.ts'
import { type MemoryViews, toMemoryViews } from './memory-views.ts'

/** The plain-JavaScript kernels on a training memory: the oracle of the WebAssembly ones, and the fallback for `kernels: 'js'`. */
export function makeJsKernels(buffer: ArrayBufferLike): Kernels {
  const views = toMemoryViews(buffer)
  const tasks: Readonly<Record<number, (views: MemoryViews, index: number, part: number) => void>> = {
    [map.TASK_START_ROUND]: startRound,
    [map.TASK_ADD_LEAF_VALUES]: addLeafValues,
    [map.TASK_QUANTISE]: quantise,
    [map.TASK_SPLIT]: splitLeaf,
    [map.TASK_ADD_TREE]: (_, _index, part) => addTree(views, part),
  }
  return {
    run: index => tasks[views.u32[map.TASK >> 2]](views, index, map.PARTS + index * map.PART_BYTES),
    mergeHistograms: (partCount, parent) => mergeHistograms(views, partCount, parent),
  }
}

function rangeOf(part: number, leaf: number): number {
  return (part + map.RANGES + leaf * 8) >> 2
}

function joinLeaves({ u32 }: MemoryViews, part: number): void {
  u32[rangeOf(part, 0)] = u32[(part + map.PART_BEGIN) >> 2]
  u32[rangeOf(part, 0) + 1] = u32[(part + map.PART_END) >> 2]
}

/** Calls `visit` with the rows and the value of every leaf of the last tree. */
function forEachLeaf({ u32, f32 }: MemoryViews, part: number, visit: (begin: number, end: number, value: number) => void): void {
  for (let leaf = 0; leaf < u32[map.LEAF_COUNT >> 2]; leaf++) {
    const range = rangeOf(part, leaf)
    visit(u32[range], u32[range + 1], f32[(map.LEAF_VALUES >> 2) + leaf])
  }
}

function addAllRows(views: MemoryViews, index: number, part: number): void {
  const { u32 } = views
  addToHistogram(views, u32[(part + map.PART_BEGIN) >> 2], u32[(part + map.PART_END) >> 2], clearedHistogramOf(views, index))
}

function startRound(views: MemoryViews, index: number, part: number): void {
  forEachLeaf(views, part, (begin, end, value) => startCompactRange(views, begin, end, value))
  joinLeaves(views, part)
  addAllRows(views, index, part)
}

function addLeafValues(views: MemoryViews, _index: number, part: number): void {
  let sum = 0
  forEachLeaf(views, part, (begin, end, value) => {
    sum += addToWideRange(views, begin, end, value)
  })
  views.f64[(part + map.ABSOLUTE_SUM) >> 3] = sum
  joinLeaves(views, part)
}

function quantise(views: MemoryViews, index: number, part: number): void {
  quantiseWideRows(views, part)
  addAllRows(views, index, part)
}

function splitLeaf(views: MemoryViews, index: number, part: number): void {
  const { i32, u32 } = views
  const range = rangeOf(part, u32[map.LEAF >> 2])
  const end = u32[range + 1]
  const middle = partitionRows(views, u32[range], end, u32[map.FEATURE >> 2])
  u32[range + 1] = middle
  const newRange = rangeOf(part, u32[map.NEW_LEAF >> 2])
  u32[newRange] = middle
  u32[newRange + 1] = end
  const histogramLeaf = i32[map.HISTOGRAM_LEAF >> 2]
  if (histogramLeaf < 0) return
  const counted = rangeOf(part, histogramLeaf)
  addToHistogram(views, u32[counted], u32[counted + 1], clearedHistogramOf(views, index))
}
