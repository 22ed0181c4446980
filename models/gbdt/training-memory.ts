import { MillraceError } from '../errors.ts'
import * as map from './kernels/memory-map.ts'
import { type MemoryViews, toMemoryViews } from './kernels/memory-views.ts'

/**
 * How a row is laid out in memory: its state (score, gradient, …), then one byte a feature, in groups of 8.
 *
 * Compact records (state of 8 bytes, 16 in all for 8 features) hold a binary label and nothing else. Wide records (24 bytes of state) also
 * hold target, weight and row id, for squared error, weights, row sampling and rare labels.
 */
export interface RecordForm {
  readonly isWide: boolean
  readonly binsOffset: number
  readonly groupCount: number
  /** A multiple of 16 bytes: rows are moved by 16 at a time. */
  readonly strideBytes: number
}

export function toRecordForm(featureCount: number, isWide: boolean): RecordForm {
  const groupCount = Math.ceil(featureCount / 8)
  const binsOffset = isWide ? map.WIDE_BINS : map.COMPACT_BINS
  return { isWide, binsOffset, groupCount, strideBytes: Math.ceil((binsOffset + 8 * groupCount) / 16) * 16 }
}

/** One shared memory for a training: control block, histograms (one a leaf, one for each further part), records. */
export interface TrainingMemory {
  readonly form: RecordForm
  readonly wasmMemory: WebAssembly.Memory
  readonly views: MemoryViews
  readonly partCount: number
  readonly rowCount: number
  /** Where the histograms of the leaves begin; at least 4 of them, which is room for the leaf masks of a saved tree. */
  readonly histograms: number
  readonly histogramBytes: number
}

const pageBytes = 65_536
const pageLimit = 65_536
const leafHistogramMin = 4

/** Number of rows that part `part` holds when rows are dealt in turn; alternate rows balance the leaves better than halves in time. */
export function partRowCount(rowCount: number, partCount: number, part: number): number {
  return Math.ceil((rowCount - part) / partCount)
}

/**
 * Reserves the memory of a training and writes its fixed part.
 *
 * @throws MillraceError TRAINING_IMPOSSIBLE if WebAssembly's 4 GB do not hold the rows
 */
export function makeTrainingMemory(form: RecordForm, rowCount: number, partCount: number, leafCount: number): TrainingMemory {
  const histogramBytes = form.groupCount * map.GROUP_HISTOGRAM_BYTES
  const partHistograms = map.HEAP
  const histograms = partHistograms + (partCount - 1) * histogramBytes
  const records = histograms + Math.max(leafCount, leafHistogramMin) * histogramBytes
  const pageCount = Math.ceil((records + rowCount * form.strideBytes) / pageBytes)
  if (pageCount >= pageLimit) {
    throw new MillraceError(
      'TRAINING_IMPOSSIBLE',
      `${rowCount} rows of ${form.strideBytes} bytes need more than 4 GB; train on a shorter window or a sample, with fewer features`,
    )
  }
  const wasmMemory = new WebAssembly.Memory({ initial: pageCount, maximum: pageCount, shared: true })
  const views = toMemoryViews(wasmMemory.buffer)
  const { u32 } = views
  u32[map.STRIDE >> 2] = form.strideBytes
  u32[map.GROUP_COUNT >> 2] = form.groupCount
  u32[map.IS_WIDE >> 2] = Number(form.isWide)
  u32[map.PART_HISTOGRAMS >> 2] = partHistograms
  u32[map.LEAF_COUNT >> 2] = 1 // all rows are one leaf of value 0
  let begin = records
  for (let part = 0; part < partCount; part++) {
    const end = begin + partRowCount(rowCount, partCount, part) * form.strideBytes
    const words = [map.PART_BEGIN, map.PART_END, map.RANGES, map.RANGES + 4].map(field => (partAddress(part) + field) >> 2)
    for (const [i, word] of words.entries()) u32[word] = i % 2 === 0 ? begin : end
    begin = end
  }
  return { form, wasmMemory, views, partCount, rowCount, histograms, histogramBytes }
}

export function partAddress(part: number): number {
  return map.PARTS + part * map.PART_BYTES
}

/** Rows of a leaf, over all parts. */
export function leafRowCount({ views, partCount, form }: TrainingMemory, leaf: number): number {
  let bytes = 0
  for (let part = 0; part < partCount; part++) {
    const range = (partAddress(part) + map.RANGES + 8 * leaf) >> 2
    bytes += views.u32[range + 1] - views.u32[range]
  }
  return bytes / form.strideBytes
}

/** What the next task is to add to the scores of each leaf's rows. */
export function writeLeafValues({ views }: TrainingMemory, leafValues: readonly number[]): void {
  views.f32.set(leafValues, map.LEAF_VALUES >> 2)
  views.u32[map.LEAF_COUNT >> 2] = leafValues.length
}
