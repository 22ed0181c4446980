import { MillraceError } from '../errors.ts'
import type { TrainingSet } from '../training-set.ts'
import { boost, type GbdtRoundReport } from './boost.ts'
import { checkTrainingSet, checkValidationSet } from './check-training-set.ts'
import { findBins } from './find-bins.ts'
import type { KernelKind } from './kernels/kernels.ts'
import { addTreeToRecords } from './leaf-masks.ts'
import { type GbdtModel, makeGbdtModel } from './model.ts'
import { bestConstant, type Objective } from './objective.ts'
import { writeRecords } from './records.ts'
import { compactSteps, makeCompactRound, makeWideRound, type StartRound } from './round.ts'
import { type GbdtSettings, parseGbdtSettings } from './settings.ts'
import { makeTeam, type Team } from './team.ts'
import { makeTrainingMemory, type TrainingMemory, toRecordForm } from './training-memory.ts'

export interface GbdtOptions {
  readonly settings?: Readonly<Partial<GbdtSettings>>
  /** What to minimise; a binary label by default. */
  readonly objective?: Objective
  /** Rows later in time than the training set, to stop early on. */
  readonly validation?: TrainingSet
  /** Model to add trees to; its bins are kept. */
  readonly warmStart?: GbdtModel
  readonly onRound?: (report: GbdtRoundReport) => void
  readonly kernels?: KernelKind
}

/**
 * Trains gradient-boosted trees. The same data, settings and seed give the same model to the byte, whatever the threads or the kernels.
 *
 * A set in which no split gains (constant features, ten rows) gives a model without trees: the mean.
 *
 * @throws MillraceError SETTING_INVALID, or TRAINING_IMPOSSIBLE with what is wrong with the rows
 * @see models/gbdt/README.md for the method
 * @example const model = await trainGbdt(train, { settings: { leafCount: 31, earlyStoppingRounds: 10 }, validation })
 */
export async function trainGbdt(train: TrainingSet, options: GbdtOptions = {}): Promise<GbdtModel> {
  const { objective = 'binary', validation, warmStart, onRound = () => {}, kernels = 'wasm' } = options
  const settings = parseGbdtSettings(options.settings ?? {})
  checkTrainingSet(train, objective)
  if (warmStart) checkWarmStart(warmStart, train, objective)
  checkValidation(settings, train, validation, objective)

  const { rowCount, featureCount } = train.block
  const bins = warmStart?.data.bins ?? findBins(train.features, train.block, settings.binCount)
  const baseScore = warmStart?.data.baseScore ?? bestConstant(objective, train.targets, train.weights)
  const firstTrees = warmStart?.data.trees ?? []
  const partCount = Math.max(1, Math.min(settings.threadCount, Math.floor(rowCount / settings.minThreadRows)))
  const form = toRecordForm(featureCount, needsWideRecords(train, objective, settings))
  const memory = makeTrainingMemory(form, rowCount, partCount, settings.leafCount)
  const team = makeTeam(memory, kernels)
  try {
    writeRecords(memory, train, bins, objective, baseScore)
    for (const tree of firstTrees) addTreeToRecords(memory, team, bins, tree)
    const startRound = makeRound(memory, team, train, objective, baseScore, settings)
    const trees = await boost({ memory, team, bins, settings, startRound, objective, baseScore, firstTrees, validation, onRound })
    return makeGbdtModel({ kind: 'gbdt', formatVersion: 1, objective, baseScore, features: train.features, bins, trees })
  } finally {
    await team.stop()
  }
}

/** Fewest steps that the gradient of a compact record must have at the mean: below, rare labels need wide records. */
const compactStepsMin = 32

function needsWideRecords({ targets, weights }: TrainingSet, objective: Objective, settings: GbdtSettings): boolean {
  if (objective !== 'binary' || weights || settings.rowRatio < 1) return true
  const positives = targets.reduce((sum, target) => sum + target, 0)
  const rareRatio = Math.min(positives, targets.length - positives) / targets.length
  return rareRatio * compactSteps(targets.length).gradient < compactStepsMin
}

function makeRound(
  memory: TrainingMemory,
  team: Team,
  { targets, weights }: TrainingSet,
  objective: Objective,
  baseScore: number,
  { rowRatio }: GbdtSettings,
): StartRound {
  if (!memory.form.isWide) return makeCompactRound(memory, team)
  let weightSum = 0
  let gradientMax = 0
  for (let row = 0; row < targets.length; row++) {
    const weight = weights ? weights[row] : 1
    weightSum += weight
    gradientMax = Math.max(gradientMax, weight * (objective === 'binary' ? 1 : Math.abs(targets[row] - baseScore)))
  }
  return makeWideRound(memory, team, { objective, rowRatio, weightSum, gradientMax })
}

function checkValidation(
  { earlyStoppingRounds }: GbdtSettings,
  train: TrainingSet,
  validation: TrainingSet | undefined,
  objective: Objective,
): void {
  if (validation) {
    checkSameFeatures(validation, train, 'the validation set')
    checkValidationSet(validation, objective)
  } else if (earlyStoppingRounds > 0) {
    const message = `trainer.gbdt.earlyStoppingRounds must be 0 without a validation set, got ${earlyStoppingRounds}; give later rows to validate on`
    throw new MillraceError('SETTING_INVALID', message)
  }
}

function checkWarmStart({ data }: GbdtModel, train: TrainingSet, objective: Objective): void {
  checkSameFeatures(train, data, 'a warm start')
  if (data.objective === objective) return
  throw new MillraceError(
    'TRAINING_IMPOSSIBLE',
    `a warm start must keep the objective ${data.objective}, got ${objective}; train a new model`,
  )
}

type WithFeatures = Pick<TrainingSet, 'features'>

/** Same names and kinds in the same order; a dictionary may have grown at its end, its codes must not have moved. */
function checkSameFeatures({ features: got }: WithFeatures, { features: expected }: WithFeatures, what: string): void {
  const isSame =
    got.length === expected.length &&
    expected.every(({ name, kind, categories }, feature) => {
      const other = got[feature]
      return name === other.name && kind === other.kind && categories.every((category, code) => category === other.categories[code])
    })
  if (isSame) return
  const list = (features: WithFeatures['features']) => features.map(({ name, kind }) => `${name} (${kind})`).join(', ')
  throw new MillraceError(
    'TRAINING_IMPOSSIBLE',
    `${what} must have the features ${list(expected)} with the same category codes, got ${list(got)}; use one definition for both`,
  )
}
