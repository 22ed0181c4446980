/**
 * The names most like a text, the best first; for "did you mean".
 *
 * @example nearestNames('flihgts', ['flights', 'payments'], 1) // ['flights']
 */
export function nearestNames(text: string, names: readonly string[], atMost: number): string[] {
  const distances = new Map(names.map(name => [name, name.includes(text) ? 0 : editDistance(text, name)]))
  return names.toSorted((a, b) => distances.get(a)! - distances.get(b)!).slice(0, atMost)
}

/**
 * How many letters must be put in, taken out or changed to make one text of the other.
 *
 * @see Wagner and Fischer, The string-to-string correction problem (1974)
 */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const line = [row]
    for (let column = 1; column <= to.length; column++) {
      const changed = above[column - 1] + Number(from[row - 1] !== to[column - 1])
      line.push(Math.min(changed, above[column] + 1, line[column - 1] + 1))
    }
    above = line
  }
  return above[to.length]
}
