import { parseSettings, type Setting, type SettingsOf } from '../settings.ts'

const count = (fallback: number, min: number, max: number, meaning: string): Setting => ({
  default: fallback,
  min,
  max,
  isInteger: true,
  meaning,
})
const real = (fallback: number, min: number, max: number, meaning: string): Setting => ({ default: fallback, min, max, meaning })

/** Every setting of the boosted trees: default, range, meaning. Types, checks and the README's table follow from it. */
export const gbdtSettings = {
  roundCount: count(100, 1, 10_000, 'trees to add, before early stopping'),
  leafCount: count(63, 2, 255, 'most leaves a tree'),
  learningRate: real(0.1, 1e-4, 1, 'share of each leaf value that is kept'),
  l1: real(0, 0, 1e6, 'taken from the size of a gradient sum'),
  l2: real(0, 0, 1e6, 'added to a hessian sum'),
  minGain: real(0, 0, 1e9, 'a split must gain more than this'),
  minLeafRows: count(20, 1, 1e9, 'fewest rows a leaf, estimated from its share of the hessian'),
  minLeafHessian: real(1e-3, 0, 1e9, 'smallest hessian sum of a leaf'),
  maxLeafLogit: real(10, 0.01, 1e6, 'largest leaf value of log loss before the learning rate; bounds the first steps towards rare labels'),
  rowRatio: real(1, 0.01, 1, 'share of the rows drawn for each tree'),
  columnRatio: real(1, 0.01, 1, 'share of the features drawn for each tree'),
  binCount: count(255, 3, 255, 'most bins a feature, one of them for missing values'),
  maxCategoriesPerSplit: count(32, 1, 127, 'most categories on the smaller side of a split'),
  minCategoryRows: count(100, 1, 1e9, 'fewest rows by which a set of categories grows between two candidate splits'),
  categoryL2: real(10, 0, 1e6, 'added to l2 where categories are split'),
  categorySmoothing: real(10, 0, 1e6, 'hessian added when categories are ordered; fewer rows than this and a category is not split off'),
  earlyStoppingRounds: count(0, 0, 10_000, 'rounds without a better validation loss before stopping; 0 is never'),
  seed: count(1, 0, 4_294_967_295, 'where the drawing of rows and features starts'),
  threadCount: count(2, 1, 64, 'most threads; the model does not depend on it'),
  minThreadRows: count(50_000, 1, 1e9, 'fewest rows for which another thread is started'),
} as const satisfies Record<string, Setting>

export type GbdtSettings = SettingsOf<typeof gbdtSettings>

/**
 * Fills in the defaults and checks every value against its range.
 *
 * @throws MillraceError SETTING_INVALID for an unknown name, a value out of range, or one that is not a number
 * @example parseGbdtSettings({ leafCount: 31 }).roundCount // 100
 */
export function parseGbdtSettings(given: Readonly<Partial<GbdtSettings>>): GbdtSettings {
  return parseSettings('trainer.gbdt', gbdtSettings, given)
}
