import type { Arm } from '../records.ts'

/** How a model came to score a row: its score counted, as champion's or challenger's, or was kept beside the one that did; or the layer's over it. */
export type TallyArm = Arm | 'shadow' | 'layer'

/** Whether each row is counted in one such tally, its model's. */
export const isServing = (arm: TallyArm): arm is Arm => arm === 'champion' || arm === 'challenger'

/** Beside the source partitions, none of which can have this name: an item for each of them, for those who look for what is counted. */
export const partitionList = 'partitions'

/*
 * The names of a partition's items. What a model is called stands behind a kind and a slash, and no version has a slash in it: so a model
 * called `guard` or `none` is one among models.
 */
export const guardName = 'guard'
export const tallyPrefix = 'tally/'
export const pageName = (source: string, page: number) => `page/${source}/${page}`
export const tallyName = (model: string | null, arm: TallyArm) => `${tallyPrefix}${model === null ? 'none' : `${arm}/${model}`}`
export const duelPrefix = ([first, second]: readonly [string, string]) => `duel/${first}/${second}/`
