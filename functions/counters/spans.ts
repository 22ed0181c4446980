/** Offsets as spans, oldest first, both ends of each: `[first, last, first, last, …]`. No two touch. */
export type Spans = readonly number[]

/** Adds an offset to spans; false where it is in one already. */
export function addOffset(spans: number[], offset: number): boolean {
  const at = placeAfter(spans, offset)
  if (isIn(spans, at, offset)) return false
  const touchesBefore = at > 0 && spans[at - 1] === offset - 1
  const touchesAfter = at < spans.length && spans[at] === offset + 1
  if (touchesBefore && touchesAfter) spans.splice(at - 1, 2)
  else if (touchesBefore) spans[at - 1] = offset
  else if (touchesAfter) spans[at] = offset
  else spans.splice(at, 0, offset, offset)
  return true
}

/** @example hasOffset([4, 6], 5) // true */
export function hasOffset(spans: Spans, offset: number): boolean {
  return isIn(spans, placeAfter(spans, offset), offset)
}

/** The offsets that are in either. */
export function uniteSpans(a: Spans, b: Spans): number[] {
  const united: number[] = []
  for (const [first, last] of [...toPairs(a), ...toPairs(b)].sort((one, other) => one[0] - other[0])) {
    const end = united.length - 1
    if (end > 0 && first <= united[end] + 1) united[end] = Math.max(united[end], last)
    else united.push(first, last)
  }
  return united
}

/** The spans of each page of so many offsets, by the page's number. */
export function cutSpans(spans: Spans, offsetsPerPage: number): Map<number, number[]> {
  const pages = new Map<number, number[]>()
  for (const [first, last] of toPairs(spans)) {
    for (let page = Math.floor(first / offsetsPerPage); page * offsetsPerPage <= last; page++) {
      const own = [Math.max(first, page * offsetsPerPage), Math.min(last, (page + 1) * offsetsPerPage - 1)]
      if (pages.has(page)) pages.get(page)!.push(...own)
      else pages.set(page, own)
    }
  }
  return pages
}

/** Each end as its distance from the one before: short numbers, which compress to a byte or two a span. */
export function toDeltas(spans: Spans): number[] {
  return spans.map((end, at) => (at === 0 ? end : end - spans[at - 1]))
}

export function fromDeltas(deltas: readonly number[]): number[] {
  let end = 0
  return deltas.map(delta => {
    end += delta
    return end
  })
}

/** Where the first span that begins after the offset stands. */
function placeAfter(spans: Spans, offset: number): number {
  let low = 0
  let high = spans.length / 2
  while (low < high) {
    const middle = (low + high) >> 1
    if (spans[2 * middle] > offset) high = middle
    else low = middle + 1
  }
  return 2 * low
}

const isIn = (spans: Spans, after: number, offset: number) => after > 0 && offset <= spans[after - 1]

function toPairs(spans: Spans): [first: number, last: number][] {
  return Array.from({ length: spans.length / 2 }, (_, at) => [spans[2 * at], spans[2 * at + 1]])
}
