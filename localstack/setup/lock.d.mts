/** Runs `work` while holding the lock; waits for a living owner, or refuses where `onWait` throws; takes over from a dead one. */
export function withLock<T>(
  folder: string,
  work: () => T | Promise<T>,
  options?: { readonly onWait?: (owner: number) => void; readonly pollMs?: number },
): Promise<T>
