/** A binary heap: gives back what was put in, the first in order first. */
export interface Heap<T> {
  push(item: T): void
  /** The first in order, left where it is. */
  peek(): T | undefined
  pop(): T | undefined
}

/**
 * An empty heap; `isBefore` says whether its first argument comes before its second.
 *
 * @see https://en.wikipedia.org/wiki/Binary_heap: the children of the item at `i` are at `2i + 1` and `2i + 2`
 * @example const heap = makeHeap<number>((a, b) => a < b)
 */
export function makeHeap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = []

  function swap(a: number, b: number): void {
    const item = items[a]
    items[a] = items[b]
    items[b] = item
  }

  return {
    push(item) {
      let at = items.push(item) - 1
      while (at > 0) {
        const parent = (at - 1) >> 1
        if (!isBefore(items[at], items[parent])) break
        swap(at, parent)
        at = parent
      }
    },
    peek: () => items[0],
    pop() {
      if (items.length < 2) return items.pop()
      const first = items[0]
      items[0] = items.pop() as T
      let at = 0
      for (;;) {
        let next = at
        for (const child of [2 * at + 1, 2 * at + 2]) {
          if (child < items.length && isBefore(items[child], items[next])) next = child
        }
        if (next === at) return first
        swap(at, next)
        at = next
      }
    },
  }
}
