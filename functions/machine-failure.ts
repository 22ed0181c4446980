/**
 * Whether a failure of DuckDB is of the machine, and says nothing of the file that it read: no memory, a full disk, an interrupt.
 *
 * @example isMachineFailure(new Error('Out of Memory Error: could not allocate block')) // true
 */
export function isMachineFailure(error: unknown): boolean {
  return /Out of Memory|No space left|INTERNAL|interrupted/i.test((error as Error).message)
}
