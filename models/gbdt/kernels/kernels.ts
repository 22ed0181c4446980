/**
 * The inner loops of the trainer. They read their task from the control block of the training memory (memory-map.ts), because that is how
 * the other threads get theirs. Two implementations: WebAssembly, and a plain-JavaScript twin that is its oracle and its fallback.
 *
 * All sums are integers, so neither the order of the rows nor the number of parts changes a result.
 */
export interface Kernels {
  /** Does the task of the control block on the rows of one part. */
  run(part: number): void
  /**
   * Adds the histograms of parts 1 … `partCount` − 1 to part 0's, then subtracts the sum from the parent's in place, which leaves the
   * sibling's. A `parent` of 0 means that there is none: the root.
   */
  mergeHistograms(partCount: number, parent: number): void
}

export type KernelKind = 'wasm' | 'js'
