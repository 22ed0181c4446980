import type { TrainingSet } from '../training-set.ts'
import { makeBinMapper } from './bin-mapper.ts'
import type { FeatureBins } from './bins.ts'
import * as map from './kernels/memory-map.ts'
import type { Objective } from './objective.ts'
import { partAddress, type TrainingMemory } from './training-memory.ts'

/** Rows are binned in blocks that stay in the second cache, one feature after the other. */
const blockRowCount = 4096

/**
 * Writes every row as a record with its bins, its target and the score that it starts with. Row `r` goes to part `r % partCount`.
 *
 * Targets of squared error are stored as their distance from the base score, which keeps float32 exact where it matters.
 */
export function writeRecords(
  memory: TrainingMemory,
  set: TrainingSet,
  bins: readonly FeatureBins[],
  objective: Objective,
  baseScore: number,
): void {
  const { form, views, partCount } = memory
  const { values, rowCount, featureCount } = set.block
  const mappers = bins.map(makeBinMapper)
  for (let part = 0; part < partCount; part++) {
    const begin = views.u32[(partAddress(part) + map.PART_BEGIN) >> 2]
    const blockStep = blockRowCount * partCount
    for (let from = part; from < rowCount; from += blockStep) {
      const count = Math.ceil(Math.min(blockStep, rowCount - from) / partCount)
      const at = begin + ((from - part) / partCount) * form.strideBytes
      for (let feature = 0; feature < featureCount; feature++) {
        const to = at + form.binsOffset + feature
        mappers[feature](values, from * featureCount + feature, partCount * featureCount, count, views.u8, to, form.strideBytes)
      }
    }
    if (form.isWide) writeWideStates(memory, set, part, objective, baseScore)
    else writeCompactStates(memory, set, part, baseScore)
  }
}

function writeCompactStates({ views, form, partCount }: TrainingMemory, { targets }: TrainingSet, part: number, baseScore: number): void {
  const bits = new Uint32Array(Float32Array.of(baseScore).buffer)[0]
  let word = views.u32[(partAddress(part) + map.PART_BEGIN) >> 2] >>> 2
  for (let row = part; row < targets.length; row += partCount) {
    views.u32[word] = (bits & ~1) | targets[row] // the label takes the score's lowest bit
    word += form.strideBytes >> 2
  }
}

function writeWideStates(memory: TrainingMemory, set: TrainingSet, part: number, objective: Objective, baseScore: number): void {
  const { views, form, partCount } = memory
  const isBinary = objective === 'binary'
  let word = views.u32[(partAddress(part) + map.PART_BEGIN) >> 2] >>> 2
  for (let row = part; row < set.targets.length; row += partCount) {
    views.f32[word + (map.SCORE >> 2)] = isBinary ? baseScore : 0
    views.f32[word + (map.TARGET >> 2)] = isBinary ? set.targets[row] : set.targets[row] - baseScore
    views.f32[word + (map.WEIGHT >> 2)] = set.weights ? set.weights[row] : 1
    views.u32[word + (map.ROW_ID >> 2)] = row
    word += form.strideBytes >> 2
  }
}
