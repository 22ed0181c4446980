/** Counts of what was refused, by reason. */
export interface Reasons {
  add(reason: string): void
  read(): Readonly<Record<string, number>>
}

/** Reasons that are told apart; what comes beyond them is counted under one name. */
const reasonsAtMost = 50

export function makeReasons(): Reasons {
  const counts = new Map<string, number>()
  return {
    add(reason) {
      const name = counts.has(reason) || counts.size < reasonsAtMost ? reason : 'other reasons'
      counts.set(name, (counts.get(name) ?? 0) + 1)
    },
    read: () => Object.fromEntries(counts),
  }
}

/** @example toReasonsText({ 'event size: too small': 3 }) // 'event size: too small (3)' */
export function toReasonsText(reasons: Readonly<Record<string, number>>): string {
  return Object.entries(reasons)
    .map(([reason, count]) => `${reason} (${count})`)
    .join('; ')
}
