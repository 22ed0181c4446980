/** Values by name, made when they are first asked for; the ones unused for longest go once all together are larger than `sizeAtMost`. */
export function makeRecentlyUsed<T>(sizeAtMost: number, sizeOf: (value: T) => number) {
  const kept = new Map<string, T>() // in the order of use: the first is the one unused for longest
  let size = 0
  const forget = (name: string) => {
    const value = kept.get(name)
    if (value !== undefined) size -= sizeOf(value)
    kept.delete(name)
  }
  return {
    async get(name: string, make: () => Promise<T>): Promise<T> {
      const value = kept.get(name) ?? (await make())
      forget(name)
      kept.set(name, value)
      size += sizeOf(value)
      while (size > sizeAtMost && kept.size > 1) forget(kept.keys().next().value!)
      return value
    },
  }
}
