import { execFile } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { inspect, promisify } from 'node:util'
import { type BenchTable, prepareFlights } from './flights.ts'
import { installPython } from './python-venv.ts'
import { type TrainerAim, type TrainerRun, trainerAims, trainerRuns } from './trainer-aims.ts'
import type { TrainerRequest, TrainerResult } from './trainer-request.ts'
import { type TrainerRow, toTrainerTable } from './trainer-table.ts'
import { prepareWhole } from './whole-table.ts'

/** One repetition: both trainers, one after the other, so that what else the machine does meets both. */
export interface TrainerPair {
  readonly ours: TrainerResult
  readonly lightgbm: TrainerResult
}

type Side = keyof TrainerPair

const folder = '.local/bench'

/** LightGBM and what it needs. */
const lightgbm = ['lightgbm==4.7.0', 'numpy==2.4.6', 'scipy==1.17.1']

/**
 * Our boosted trees against LightGBM: time, log loss and peak memory of training on flights, each measurement in a fresh process.
 *
 * Ratios are taken within a repetition, then their median: other load on the machine moves the seconds more than the ratios.
 * `only` makes the runs of these names alone.
 *
 * @throws Error where there is no run of a name
 */
export async function benchTrainer(only: readonly string[] = Object.keys(trainerRuns)) {
  const unknown = only.filter(name => !Object.hasOwn(trainerRuns, name))
  if (unknown.length > 0) throw new Error(`there is no run ${unknown.join(', ')}; there are ${Object.keys(trainerRuns).join(', ')}`)
  const runs = Object.entries(trainerRuns).filter(([name]) => only.includes(name))
  const python = await installPython('.local/lightgbm', lightgbm, 'LightGBM')
  const tables = await prepareTables(runs.map(([, { table }]) => table))
  const runPair = async (name: string, sides: readonly Side[]): Promise<TrainerPair> => {
    const results: Partial<Record<Side, TrainerResult>> = {}
    const program = trainerRuns[name].table === 'whole' ? 'test/bench/whole-run.ts' : 'test/bench/gbdt-run.ts'
    const train: Readonly<Record<Side, (request: TrainerRequest) => Promise<TrainerResult>>> = {
      ours: request => runTrainer(process.execPath, [program], request),
      lightgbm: request => runTrainer(python, ['test/bench/lightgbm-run.py'], request),
    }
    for (const side of sides) results[side] = await train[side](toRequest(tables, name, side))
    return results as TrainerPair
  }
  const loadBefore = loadavg()[0]
  await runPair(only.includes('few') ? 'few' : runs[0][0], ['ours', 'lightgbm']) // warms the file cache: programs and tables
  const pairs = new Map<string, TrainerPair[]>()
  for (const [name, { repetitionCount }] of runs) {
    pairs.set(name, [])
    for (let repetition = 0; repetition < repetitionCount; repetition++) {
      const pair = await runPair(name, repetition % 2 === 0 ? ['ours', 'lightgbm'] : ['lightgbm', 'ours'])
      pairs.get(name)!.push(pair)
      const [ours, lightgbm] = [pair.ours, pair.lightgbm].map(
        ({ trainSec, cpuSec }) => `${trainSec.toFixed(2)} s (CPU ${cpuSec.toFixed(2)})`,
      )
      console.error(`  ${name}: ours ${ours}, LightGBM ${lightgbm}`)
    }
  }
  const rows = trainerAims.filter(({ run }) => pairs.has(run)).map(aim => toRow(aim, pairs.get(aim.run)!))
  const machine = { cpu: cpus()[0].model, cores: cpus().length, node: process.version, loadBefore, loadAfter: loadavg()[0] }
  // the dispatcher prints what it is given: the table for a reader, the rows for --json
  return { machine, rows, [inspect.custom]: () => `\n${toTrainerTable(rows)}\n${inspect(machine)}` }
}

const modelFile = (name: string, side: Side) => `${folder}/${name}-${side}.model`

type Tables = Readonly<Record<string, { readonly table: BenchTable; readonly targetsFile: string }>>

/** The tables of these names, each with the file of its targets. */
async function prepareTables(names: readonly TrainerRun['table'][]): Promise<Tables> {
  const whole = prepareWhole(folder)
  if (names.every(name => name === 'whole')) return { whole }
  const { targetsFile, ...flights } = await prepareFlights(folder)
  return { whole, ...Object.fromEntries(Object.entries(flights).map(([name, table]) => [name, { table, targetsFile }])) }
}

function toRequest(tables: Tables, name: string, side: Side): TrainerRequest {
  const { table, warmStartOf, repetitionCount, ...counts }: TrainerRun = trainerRuns[name]
  return {
    ...counts,
    ...tables[table],
    saveTo: modelFile(name, side),
    ...(warmStartOf ? { startFrom: modelFile(warmStartOf, side) } : {}),
  }
}

async function runTrainer(program: string, args: readonly string[], request: TrainerRequest): Promise<TrainerResult> {
  // LightGBM's waiting threads spin long by default: beside other load two of them took 84 s where one took 14. So they spin less: 0.60
  // and 0.68 s against 0.54 in a quiet moment (300,000 rows, 30 rounds).
  const env = { ...process.env, OMP_NUM_THREADS: String(request.threadCount), GOMP_SPINCOUNT: '10000' }
  const { stdout } = await promisify(execFile)(program, [...args, JSON.stringify(request)], { env })
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as TrainerResult
}

function toRow({ work, timesFaster, cpuTimesAtMost, logLossAbove, peakRssMb }: TrainerAim, pairs: readonly TrainerPair[]): TrainerRow {
  const [ours, lightgbm] = (['ours', 'lightgbm'] as const).map(side => {
    const medianOf = (read: (result: TrainerResult) => number) => median(pairs.map(pair => read(pair[side])))
    return {
      sec: medianOf(result => result.trainSec),
      cpuSec: medianOf(result => result.cpuSec),
      logLoss: medianOf(result => result.logLoss),
      auc: medianOf(result => result.auc),
      peakRssMb: medianOf(result => result.peakRssMb),
    }
  })
  const ratioOf: TrainerRow['ratio']['of'] = peakRssMb ? 'peakRssMb' : 'trainSec'
  const ratios = pairs.map(pair => pair.lightgbm[ratioOf] / pair.ours[ratioOf])
  const ratio = { of: ratioOf, median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) }
  const cpuRatio = median(pairs.map(pair => pair.lightgbm.cpuSec / pair.ours.cpuSec))
  const aims = [
    cpuTimesAtMost && { text: `at most ${cpuTimesAtMost} × its CPU`, isMet: cpuRatio >= 1 / cpuTimesAtMost },
    timesFaster && { text: `at least ${timesFaster} × faster`, isMet: ratio.median >= timesFaster },
    logLossAbove && { text: `log loss at most ${logLossAbove} above`, isMet: ours.logLoss - lightgbm.logLoss <= logLossAbove },
    peakRssMb && { text: `at most ${peakRssMb} MB`, isMet: Math.max(...pairs.map(pair => pair.ours.peakRssMb)) <= peakRssMb },
  ].filter(aim => typeof aim === 'object')
  return { work, ours, lightgbm, ratio, cpuRatio, aim: aims.map(({ text }) => text).join(', '), isMet: aims.every(({ isMet }) => isMet) }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
