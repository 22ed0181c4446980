import { loadOnnx } from '#functions/adapters/onnx.ts'
import { trainGbdt } from '#models/gbdt/train.ts'
import { trainLogistic } from '#models/linear/logistic.ts'
import { parseLogisticSettings } from '#models/linear/settings.ts'
import { type FeatureBlock, type Model, sliceRows, type TrainingSet } from '#models/training-set.ts'
import { largestDifference, makeSet } from '../models/gbdt/sets.ts'

const rowCount = 100_000
const batchSizes = [1, 100, 5_000]
const turns = 5
const turnMs = 150

const numbers = { numberCount: 8, categoryCounts: [] }
const withCategories = { numberCount: 6, categoryCounts: [224, 224] } // as many as the flights have airports

const trainers: Readonly<Record<string, (set: TrainingSet) => Model | Promise<Model>>> = {
  logistic: set => trainLogistic(set, parseLogisticSettings({})),
  'gbdt 100 × 63': set => trainGbdt(set, { settings: { roundCount: 100, leafCount: 63 } }),
  'gbdt 300 × 31': set => trainGbdt(set, { settings: { roundCount: 300, leafCount: 31, learningRate: 0.05 } }),
}

interface ScorerRate {
  /** By the clock; the best turn. */
  readonly thousandRowsPerSec: number
  /** Of the whole process; the turn that took least. */
  readonly cpuUsPerRow: number
}

interface ScorerRow {
  readonly onnx: ScorerRate
  readonly plain: ScorerRate
  readonly plainOverOnnx: number
  readonly onnxBytes: number
  /** Between the two scores of a row. */
  readonly largestDifference: number
}

/**
 * The model call of the infer function: the exported model in ONNX Runtime on one thread, beside the same model's plain scorer.
 *
 * Eight features of made-up rows, a tenth of the values missing; the two scorers take turns.
 */
export async function benchScorers(): Promise<Record<string, ScorerRow>> {
  const rows: Record<string, ScorerRow> = {}
  for (const [kind, train] of Object.entries(trainers)) {
    for (const [features, options] of Object.entries({ 'numbers only': numbers, 'two categories': withCategories })) {
      const set = makeSet(rowCount, options)
      const measured = await benchModel(await train(set), set)
      measured.forEach((row, at) => {
        rows[`${kind}, ${features}, batches of ${batchSizes[at]}`] = row
      })
    }
  }
  return rows
}

async function benchModel(model: Model, set: TrainingSet): Promise<ScorerRow[]> {
  const file = model.toOnnx({})
  const session = await loadOnnx(file)
  const difference = largestDifference(await session.run(set.block), model.score(set.block))
  const rows: ScorerRow[] = []
  for (const batchSize of batchSizes) {
    const blocks = cutBlocks(set, batchSize)
    const [onnx, plain] = await measureInTurns([block => session.run(block), block => model.score(block)], blocks)
    const plainOverOnnx = round(plain.thousandRowsPerSec / onnx.thousandRowsPerSec, 2)
    rows.push({ onnx, plain, plainOverOnnx, onnxBytes: file.length, largestDifference: difference })
  }
  await session.release()
  return rows
}

/** At most 1,000 batches, so that small ones do not stay in the processor's caches. */
function cutBlocks(set: TrainingSet, batchSize: number): FeatureBlock[] {
  const count = Math.min(1_000, Math.floor(rowCount / batchSize))
  return Array.from({ length: count }, (_, batch) => sliceRows(set, batch * batchSize, (batch + 1) * batchSize).block)
}

type Score = (block: FeatureBlock) => ArrayLike<number> | Promise<ArrayLike<number>>

/** Best of the turns of each scorer, after one turn that does not count. */
async function measureInTurns(scorers: readonly Score[], blocks: readonly FeatureBlock[]): Promise<ScorerRate[]> {
  const best = scorers.map(() => ({ wallUs: Number.POSITIVE_INFINITY, cpuUs: Number.POSITIVE_INFINITY }))
  for (let turn = 0; turn <= turns; turn++) {
    for (const [at, score] of scorers.entries()) {
      const { wallUs, cpuUs } = await measureTurn(score, blocks)
      if (turn > 0) best[at] = { wallUs: Math.min(best[at].wallUs, wallUs), cpuUs: Math.min(best[at].cpuUs, cpuUs) }
    }
  }
  return best.map(({ wallUs, cpuUs }) => ({ thousandRowsPerSec: round(1_000 / wallUs, 1), cpuUsPerRow: round(cpuUs, 3) }))
}

/** Microseconds a row. */
async function measureTurn(score: Score, blocks: readonly FeatureBlock[]): Promise<{ wallUs: number; cpuUs: number }> {
  const cpuBefore = process.cpuUsage()
  const startedMs = performance.now()
  let calls = 0
  do await score(blocks[calls++ % blocks.length])
  while (performance.now() - startedMs < turnMs)
  const wallUs = (performance.now() - startedMs) * 1_000
  const { user, system } = process.cpuUsage(cpuBefore)
  const rows = calls * blocks[0].rowCount
  return { wallUs: wallUs / rows, cpuUs: (user + system) / rows }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
