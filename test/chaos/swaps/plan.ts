import { shuffle } from '../shuffle.ts'

/** One change of the champion pointer. */
export type Change =
  | { readonly kind: 'promote'; readonly version: string }
  | { readonly kind: 'promote bad'; readonly version: string }
  | { readonly kind: 'roll back' }
  | { readonly kind: 'shadow'; readonly version: string | null }
  | { readonly kind: 'challenger'; readonly version: string | null; readonly share: number }

export interface PlanVersions {
  readonly champions: readonly string[]
  readonly bad: readonly [string, string, string]
  readonly shadow: string
  readonly challenger: string
}

export const promotionCount = 20
export const rollbackCount = 5
export const challengerShare = 0.2
/** After which promotion the shadow and the challenger come and go. */
const shadowSpan = { from: 3, to: 16 }
const challengerSpan = { from: 5, to: 14 }

/**
 * The changes of a run: 20 promotions of a version other than the one that serves, 5 rollbacks, 3 promotions of bad bundles; from the
 * third promotion on a shadow, from the fifth a challenger.
 *
 * A rollback goes to the latest other champion of the history, so none comes where that one is a bad bundle: rollbacks follow even
 * promotions, bad bundles follow an odd one whose successor is not rolled back.
 */
export function makePlan({ champions, bad, shadow, challenger }: PlanVersions, random: () => number): Change[] {
  const evens = shuffle(
    Array.from({ length: promotionCount / 2 - 1 }, (_, at) => 2 * at + 2),
    random,
  )
  const rolledBack = new Set(evens.slice(0, rollbackCount))
  const badAfter = new Map(evens.slice(rollbackCount, rollbackCount + bad.length).map((even, at) => [even - 1, bad[at]]))
  const plan: Change[] = []
  let serving = champions[0]
  for (let promotion = 1; promotion <= promotionCount; promotion++) {
    const before = serving
    const others = champions.filter(version => version !== serving)
    serving = others[Math.floor(random() * others.length)]
    plan.push({ kind: 'promote', version: serving })
    const badVersion = badAfter.get(promotion)
    if (badVersion !== undefined) plan.push({ kind: 'promote bad', version: badVersion })
    if (rolledBack.has(promotion)) {
      plan.push({ kind: 'roll back' })
      serving = before
    }
    if (promotion === shadowSpan.from) plan.push({ kind: 'shadow', version: shadow })
    if (promotion === shadowSpan.to) plan.push({ kind: 'shadow', version: null })
    if (promotion === challengerSpan.from) plan.push({ kind: 'challenger', version: challenger, share: challengerShare })
    if (promotion === challengerSpan.to) plan.push({ kind: 'challenger', version: null, share: 0 })
  }
  return plan
}
