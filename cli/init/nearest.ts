/**
 * The name that was probably meant: the fewest letters to change, and at most a third of them; capitals do not count.
 *
 * @example toNearest('lable', ['id', 'label']) // 'label'
 */
export function toNearest(name: string, names: readonly string[]): string | undefined {
  const wanted = name.toLowerCase()
  let nearest: string | undefined
  let fewest = Math.max(1, Math.floor(Math.max(3, name.length) / 3)) + 1
  for (const candidate of names) {
    const distance = countEdits(wanted, candidate.toLowerCase())
    if (distance < fewest) {
      fewest = distance
      nearest = candidate
    }
  }
  return nearest
}

/** Letters to insert, remove or replace (Levenshtein), one row of the table at a time. */
function countEdits(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + Number(from[i - 1] !== to[j - 1]))
    }
    previous = row
  }
  return previous[to.length]
}
