import { setImmediate } from 'node:timers/promises'
import type { TrainingSet } from '../training-set.ts'
import type { FeatureBins } from './bins.ts'
import { addScores, toForest } from './forest.ts'
import { growTree } from './grow-tree.ts'
import { meanLoss, type Objective } from './objective.ts'
import { drawWithout, mixSeeds } from './random.ts'
import type { StartRound } from './round.ts'
import type { GbdtSettings } from './settings.ts'
import type { Team } from './team.ts'
import type { TrainingMemory } from './training-memory.ts'
import type { Tree } from './tree.ts'

export interface GbdtRoundReport {
  /** Trees so far, those of a warm start included. */
  readonly treeCount: number
  readonly leafCount: number
  /** Mean loss on the validation set, if there is one. */
  readonly validationLoss: number | undefined
}

export interface BoostOptions {
  readonly memory: TrainingMemory
  readonly team: Team
  readonly bins: readonly FeatureBins[]
  readonly settings: GbdtSettings
  readonly startRound: StartRound
  readonly objective: Objective
  readonly baseScore: number
  readonly firstTrees: readonly Tree[]
  readonly validation: TrainingSet | undefined
  readonly onRound: (report: GbdtRoundReport) => void
}

/**
 * Adds trees one after another, each to the gradient that the ones before it left; returns them with the first ones before them.
 *
 * Stops early when the validation loss has not fallen for `earlyStoppingRounds` rounds, and keeps the trees up to its lowest point.
 *
 * @see Friedman, Greedy Function Approximation: A Gradient Boosting Machine (Annals of Statistics 2001), algorithm 1
 */
export async function boost(options: BoostOptions): Promise<Tree[]> {
  const { memory, bins, settings, startRound, validation, onRound } = options
  const trees = [...options.firstTrees]
  const lossOf = validation ? makeValidation(options, validation) : () => undefined
  const isDrawing = settings.rowRatio < 1 || settings.columnRatio < 1
  let best = { loss: lossOf(trees) ?? Number.POSITIVE_INFINITY, treeCount: trees.length, round: -1 }
  for (let round = 0; round < settings.roundCount; round++) {
    await setImmediate() // lets the caller's timers and sockets have their turn
    const seed = mixSeeds(settings.seed, options.firstTrees.length + round)
    const units = startRound(memory.histograms, seed)
    if (!units) break
    const tree = growTree(options, units, drawFeatures(bins.length, settings.columnRatio, seed))
    if (!tree && !isDrawing) break
    if (!tree) continue
    trees.push(tree)
    const loss = lossOf([tree])
    onRound({ treeCount: trees.length, leafCount: tree.leafValues.length, validationLoss: loss })
    if (loss === undefined || settings.earlyStoppingRounds === 0) continue
    if (loss < best.loss) best = { loss, treeCount: trees.length, round }
    else if (round - best.round >= settings.earlyStoppingRounds) break
  }
  return settings.earlyStoppingRounds > 0 ? trees.slice(0, best.treeCount) : trees
}

function drawFeatures(featureCount: number, columnRatio: number, seed: number): number[] {
  return drawWithout(featureCount, Math.max(1, Math.round(columnRatio * featureCount)), seed)
}

/** Keeps the validation scores; each call adds new trees to them and returns the mean loss. */
function makeValidation({ bins, objective, baseScore }: BoostOptions, { block, targets, weights }: TrainingSet) {
  const scores = new Float64Array(block.rowCount).fill(baseScore)
  return (newTrees: readonly Tree[]): number => {
    addScores(toForest(newTrees, bins), block, scores)
    return meanLoss(objective, scores, targets, weights)
  }
}
