/** The wealth of a gambler who bets that a series is above 0; he starts with 1. */
export interface Wealth {
  /**
   * Bets on the next value. `ruin` is the loss that takes the whole stake of the boldest bet, and must be settled before the value is known.
   * Gains count up to `ruin` and no further; losses count whole.
   */
  bet(value: number, ruin: number): void
  read(): number
}

/** The shares of `1 / ruin` that are bet side by side: whichever suits the size of the gain carries the sum, at a price of ln 4 nats. */
const shares = [0.8, 0.4, 0.2, 0.1]

/**
 * A test supermartingale: wealth = mean over shares of Π max(0, 1 + share · min(value, ruin) / ruin).
 *
 * Where each value's mean, given all before it, is at most 0 and no value is below −ruin / share, no strategy of stopping gives wealth an
 * expectation above 1, so it ever reaches 1 / α with probability at most α (Ville). Cutting gains at `ruin` only lowers it. A loss beyond
 * −ruin / share bankrupts that share for good; a series that wins often and seldom loses far more than `ruin` is the one that deceives it.
 *
 * @see Ville, Étude critique de la notion de collectif (1939)
 * @see Waudby-Smith & Ramdas, Estimating means of bounded random variables by betting (JRSS B 2024)
 * @example const wealth = makeWealth(); wealth.bet(0.01, 0.05); wealth.read() // 1.075
 */
export function makeWealth(): Wealth {
  const stakes = shares.map(() => 1)
  return {
    bet(value, ruin) {
      const won = Math.min(value, ruin) / ruin
      for (let at = 0; at < stakes.length; at++) stakes[at] *= Math.max(0, 1 + shares[at] * won)
    },
    read: () => stakes.reduce((sum, stake) => sum + stake, 0) / stakes.length,
  }
}
