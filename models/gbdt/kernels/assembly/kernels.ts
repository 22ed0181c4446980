import {
  ABSOLUTE_SUM,
  DONE,
  FEATURE,
  HISTOGRAM_LEAF,
  LEAF,
  LEAF_COUNT,
  LEAF_VALUES,
  NEW_LEAF,
  PART_BEGIN,
  PART_BYTES,
  PART_END,
  PARTS,
  RANGES,
  TASK,
  TASK_ADD_TREE,
  TASK_ADD_LEAF_VALUES,
  TASK_QUANTISE,
  TASK_SPLIT,
  TASK_START_ROUND,
  TASK_STOP,
  TICKET,
} from '../memory-map.ts'
import { addTree } from './add-tree'
import { addToWideRange, quantiseWideRows, startCompactRange } from './gradients'
import { addToHistogram, clearedHistogramOf, mergeHistograms } from './histogram'
import { partitionRows } from './partition'

export { mergeHistograms }

// @ts-ignore: decorator
@inline
function rangeOf(part: usize, leaf: usize): usize {
  return part + RANGES + (leaf << 3)
}

// @ts-ignore: decorator
@inline
function setRange(range: usize, begin: usize, end: usize): void {
  store<usize>(range, begin)
  store<usize>(range, end, 4)
}

/** All rows are one leaf again. */
function joinLeaves(part: usize): void {
  setRange(rangeOf(part, 0), load<usize>(part, PART_BEGIN), load<usize>(part, PART_END))
}

/** Compact records, one range at a time while it is in the cache: scores, gradients, histogram of the root. */
function startRound(index: usize, part: usize): void {
  const histogram = clearedHistogramOf(index)
  const leafCount = load<usize>(LEAF_COUNT)
  for (let leaf: usize = 0; leaf < leafCount; leaf++) {
    const range = rangeOf(part, leaf)
    startCompactRange(load<usize>(range), load<usize>(range, 4), load<f32>((leaf << 2) + LEAF_VALUES))
  }
  joinLeaves(part)
  addToHistogram(load<usize>(part, PART_BEGIN), load<usize>(part, PART_END), histogram)
}

function addLeafValues(part: usize): void {
  const leafCount = load<usize>(LEAF_COUNT)
  let sum: f64 = 0
  for (let leaf: usize = 0; leaf < leafCount; leaf++) {
    const range = rangeOf(part, leaf)
    sum += addToWideRange(load<usize>(range), load<usize>(range, 4), load<f32>((leaf << 2) + LEAF_VALUES))
  }
  store<f64>(part, sum, ABSOLUTE_SUM)
  joinLeaves(part)
}

function quantise(index: usize, part: usize): void {
  quantiseWideRows(part)
  addToHistogram(load<usize>(part, PART_BEGIN), load<usize>(part, PART_END), clearedHistogramOf(index))
}

/** Parts the rows of a leaf, and sums the histogram of one of the two (−1: of neither). */
function splitLeaf(index: usize, part: usize): void {
  const range = rangeOf(part, load<usize>(LEAF))
  const begin = load<usize>(range)
  const end = load<usize>(range, 4)
  const middle = partitionRows(part, begin, end, load<usize>(FEATURE))
  setRange(range, begin, middle)
  setRange(rangeOf(part, load<usize>(NEW_LEAF)), middle, end)
  const histogramLeaf = load<i32>(HISTOGRAM_LEAF)
  if (histogramLeaf < 0) return
  const counted = rangeOf(part, <usize>histogramLeaf)
  addToHistogram(load<usize>(counted), load<usize>(counted, 4), clearedHistogramOf(index))
}

/** Does the task of the control block on one part. */
export function run(index: usize): void {
  const part = index * PART_BYTES + PARTS
  switch (load<i32>(TASK)) {
    case TASK_START_ROUND:
      return startRound(index, part)
    case TASK_ADD_LEAF_VALUES:
      return addLeafValues(part)
    case TASK_QUANTISE:
      return quantise(index, part)
    case TASK_SPLIT:
      return splitLeaf(index, part)
    case TASK_ADD_TREE:
      return addTree(part)
  }
}

/** A thread's life: waits for a new ticket (a short spin, then sleep), does the task, reports the ticket as done. */
export function serve(index: usize): void {
  const done = index * PART_BYTES + PARTS + DONE
  let seen: i32 = 0
  while (true) {
    for (let spin = 0; spin < 2000 && atomic.load<i32>(TICKET) === seen; spin++) {}
    while (atomic.load<i32>(TICKET) === seen) atomic.wait<i32>(TICKET, seen, -1)
    seen = atomic.load<i32>(TICKET)
    if (load<i32>(TASK) === TASK_STOP) return
    run(index)
    atomic.store<i32>(done, seen)
    atomic.notify(done, 1)
  }
}
